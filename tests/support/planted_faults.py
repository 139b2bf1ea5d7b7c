"""Ways to break the protocol, each as what stands in for what; the simulation must notice every one."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from apps.chat import actions, reading
from apps.chat.reading import Changes
from apps.events import Event
from apps.generation import journal
from apps.generation.append import Piece, Verdict
from apps.generation.events import ChunkAdded
from apps.live.hub import Hub
from apps.live.mirror import Mirror, RunningText
from tests.support.simulation import World

StandIns = dict[str, Any]


def told_before_it_is_stored(world: World) -> StandIns:
    def in_journal(append: Callable[..., Verdict]) -> Callable[..., Awaitable[Verdict]]:
        def call(pieces: Sequence[Piece]) -> Awaitable[Verdict]:
            where = world.store.conversation().pk
            world.bus.publish(
                *(
                    ChunkAdded(conversation_id=where, message_id=p.message_id, start=p.start, text=p.text)
                    for p in pieces
                    if p.text
                )
            )
            return world.bridge(append)(pieces)

        return call

    return {"apps.generation.journal.in_journal": in_journal}


def gaps_are_not_repaired(world: World) -> StandIns:
    class Careless(RunningText):
        def grow(self, start: int, text: str) -> bool:
            self.text += text[max(0, len(self.text) - start) :]
            return True

    return {"apps.live.mirror.RunningText": Careless}


def nothing_is_compared(world: World) -> StandIns:
    async def check(self: Hub) -> None: ...

    return {"apps.live.hub.Hub.check": check}


def fences_are_ignored(world: World) -> StandIns:
    append = journal.append

    def forgiving(pieces: Sequence[Piece]) -> Verdict:
        rows = world.store.rows()
        return append([replace(piece, attempt=rows[str(piece.message_id)].attempt) for piece in pieces])

    return {"apps.generation.journal.append": forgiving}


def keys_are_ignored(world: World) -> StandIns:
    send = actions.send_message

    def send_message(*arguments: Any, key: str, **options: Any) -> actions.Sent:
        return send(*arguments, key=f"{key}-{uuid.uuid4().hex}", **options)

    return {"apps.chat.actions.send_message": send_message}


def pages_join_what_lags_behind_them(world: World) -> StandIns:
    return {"apps.live.mirror.ConversationMirror.reach": Mirror.reach}


def changes_are_told_once_only(world: World) -> StandIns:
    """The row of what changed is not stamped: whoever reads what is newer does not find it."""
    read = reading.changes

    def changes(conversation_id: uuid.UUID, *, since: int) -> Changes:
        found = read(conversation_id, since=since)
        return replace(found, messages=[m for m in found.messages if m.is_live])

    return {"apps.chat.reading.changes": changes}


def no_tick_but_a_bus_that_loses_nothing(world: World) -> StandIns:
    world.bus.loses = False
    return nothing_is_compared(world)


def read_first_and_joined_then(world: World) -> StandIns:
    """Without a tick that would heal it."""
    late: dict[str, Callable[[Event], None]] = {}
    reach, join = Mirror.reach, world.bus.join

    async def remember(topic: str, listener: Callable[[Event], None]) -> None:
        late[topic] = listener

    async def reach_and_join(self: Mirror, since: int) -> None:
        await reach(self, since)
        if listener := late.pop(self.topic, None):
            await join(self.topic, listener)

    world.bus.join = remember
    return {
        **no_tick_but_a_bus_that_loses_nothing(world),
        "apps.live.mirror.Mirror.reach": reach_and_join,
    }


IN_MEMORY = (
    told_before_it_is_stored,
    gaps_are_not_repaired,
    nothing_is_compared,
    fences_are_ignored,
    pages_join_what_lags_behind_them,
    changes_are_told_once_only,
    read_first_and_joined_then,
)
IN_DATABASE = (fences_are_ignored, keys_are_ignored)
