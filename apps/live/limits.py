"""How much one person may ask of this process: connections that are open, and messages on them."""

import time
from collections import Counter

PAGES, PROGRAMS = 64, 32  # connections of one person: open pages; sockets and streams of programs
AT_ONCE, A_SECOND = 1_000, 100  # messages of one person on their sockets
WISHES_AT_ONCE, WISHES_A_SECOND = 100, 5  # of those, what has a model write
MOST_KNOWN = 10_000  # people of whom more is known than that they are at rest


class Places:
    """So many connections for each person."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[int] = Counter()

    def has_room(self, user_id: int) -> bool:
        return self._taken[user_id] < self._most

    def take(self, user_id: int) -> bool:
        """Whether there was one left; who took one gives it back."""
        if not self.has_room(user_id):
            return False
        self._taken[user_id] += 1
        return True

    def give_back(self, user_id: int) -> None:
        self._taken[user_id] -= 1
        if not self._taken[user_id]:
            del self._taken[user_id]


class Allowance:
    """So many at once for each person, and then so many a second."""

    def __init__(self, at_once: int, a_second: int) -> None:
        self._at_once, self._a_second = at_once, a_second
        self._spent: dict[int, tuple[float, float]] = {}  # so much, at that moment

    def spend(self, user_id: int) -> bool:
        """Whether there was one left."""
        now = time.monotonic()
        spent = self._spent_by(user_id, now)
        if spent > self._at_once - 1:
            return False
        self._spent[user_id] = spent + 1, now
        if len(self._spent) > MOST_KNOWN:
            self._spent = {pk: known for pk, known in self._spent.items() if self._spent_by(pk, now) > 0}
        return True

    def _spent_by(self, user_id: int, now: float) -> float:
        spent, then = self._spent.get(user_id, (0.0, now))
        return max(spent - (now - then) * self._a_second, 0.0)


pages, programs = Places(PAGES), Places(PROGRAMS)
messages = Allowance(AT_ONCE, A_SECOND)
wishes = Allowance(WISHES_AT_ONCE, WISHES_A_SECOND)
