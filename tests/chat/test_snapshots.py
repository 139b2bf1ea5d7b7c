"""A page at rev n that takes in the changes since n shows what a page drawn now shows (invariant 7)."""

import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.chat import actions, reading
from apps.chat.models import Conversation, Message, Status
from apps.generation.append import Piece, append
from apps.generation.claim import Fence, claim_all
from apps.generation.settle import Outcome, settle
from tests.factories import UserFactory

Shown = list[tuple[UUID, str, str]]


@dataclass
class Page:
    """What somebody has on the screen: drawn whole once, from then on by changes alone."""

    conversation: Conversation
    shown: Shown

    @classmethod
    def drawn(cls, pk: UUID) -> "Page":
        conversation = Conversation.objects.get(pk=pk)
        return cls(conversation, _seen(reading.newest_window(conversation).messages))

    def caught_up(self) -> "Page":
        changes = reading.changes(self.conversation.pk, since=self.conversation.rev)
        if changes.conversation.path_rev > self.conversation.rev:
            return Page.drawn(self.conversation.pk)
        known = {row[0]: row for row in self.shown}
        known |= {row[0]: row for row in _seen(changes.messages)}
        order = {message.pk: message.depth for message in changes.conversation.messages.all()}
        return Page(changes.conversation, [known[pk] for pk in sorted(changes.shown, key=order.__getitem__)])


def _seen(messages: list[Message]) -> Shown:
    return [(message.pk, message.status, message.text) for message in messages]


@dataclass
class Life:
    """A conversation to which things happen."""

    user: User
    pk: UUID
    random: Random

    def send(self) -> None:
        actions.send_message(self.user, self.pk, key=uuid.uuid4().hex, text="Why?", model_name="demo")

    def claim(self) -> None:
        if reply := self._one(Message.objects.claimable()):
            claim_all(uuid.uuid4(), {reply.pk: self.pk})

    def append(self) -> None:
        if reply := self._one(Message.objects.filter(status=Status.STREAMING)):
            start = len(reading.whole_text(reply))
            append([Piece(reply.pk, reply.attempt, start, "more ", seal=self.random.random() < 0.3)])

    def settle(self) -> None:
        if reply := self._one(Message.objects.filter(status=Status.STREAMING)):
            status = self.random.choice([Status.COMPLETE, Status.STOPPED, Status.INTERRUPTED, Status.FAILED])
            settle(Fence(reply.pk, self.pk, reply.attempt), Outcome(status))

    def act(self, action: Callable[..., object], **values: str) -> None:
        if message := self._one(Message.objects.all()):
            with suppress(actions.NotPossible):
                action(self.user, self.pk, message.pk, **values)

    def regenerate(self) -> None:
        self.act(actions.regenerate, key=uuid.uuid4().hex)

    def edit(self) -> None:
        self.act(actions.edit, key=uuid.uuid4().hex, text="How?")

    def rename(self) -> None:
        actions.rename(self.user, self.pk, title=f"Title {self.random.random()}")

    def _one(self, messages: Iterable[Message]) -> Message | None:
        found = [message for message in messages if message.conversation_id == self.pk]
        return self.random.choice(found) if found else None


MOVES: list[Callable[[Life], None]] = [
    Life.send,
    Life.claim,
    Life.append,
    Life.settle,
    Life.rename,
    Life.regenerate,
    Life.edit,
    lambda life: life.act(actions.stop),
    lambda life: life.act(actions.continue_reply),
    lambda life: life.act(actions.choose),
]


@pytest.mark.django_db
@settings(deadline=None, max_examples=20, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(moves=st.lists(st.sampled_from(MOVES), max_size=25), seed=st.integers(0, 2**32))
def test_changes_lead_from_any_page_to_the_page_of_now(
    moves: list[Callable[[Life], None]], seed: int
) -> None:
    life = Life(UserFactory(), uuid.uuid4(), Random(seed))
    life.send()
    pages = [Page.drawn(life.pk)]

    for move in moves:
        move(life)
        pages.append(Page.drawn(life.pk))

    assert {str(page.caught_up().shown) for page in pages} == {str(pages[-1].shown)}
    assert all(page.caught_up().conversation.title == pages[-1].conversation.title for page in pages)
