import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from apps.api.events import PIECE, Event
from apps.api.feed import ConversationFeed, Feed, ListFeed
from apps.api.position import Position
from apps.api.reply_feed import ReplyFeed
from apps.bridge import in_database
from apps.chat import actions, filing, queue
from apps.chat.models import Conversation, Message, Status
from apps.generation.append import Piece, append
from apps.generation.claim import Claim, claim_waiting
from apps.generation.settle import Outcome, settle
from tests.support.running import DEADLINE, running_hub
from tests.support.simulated_program import Reader

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "ä" * PIECE + "😀" * PIECE + "end"


class Following(Reader):
    """A reader of a feed that runs."""

    def __init__(self, feed: Feed, wake: asyncio.Event) -> None:
        super().__init__()
        self.feed, self.wake = feed, wake
        self.heard: list[Event] = []

    async def until(self, action: str) -> list[str]:
        """The names of what is told up to the step that holds `action`."""
        heard: list[str] = []
        async with asyncio.timeout(DEADLINE):
            while action not in heard:
                events = await self.feed.events()
                self.heard += events
                heard += [self.apply(event) for event in events]
                if not events:
                    await self.wake.wait()
                    self.wake.clear()
        return heard


@asynccontextmanager
async def following(conversation_id: uuid.UUID, position: str = "") -> AsyncIterator[Following]:
    wake = asyncio.Event()
    feed = ConversationFeed(conversation_id, Position.parse(position), wake)
    async with running_hub() as hub:
        await feed.join(hub)
        try:
            yield Following(feed, wake)
        finally:
            await feed.leave()


@asynccontextmanager
async def following_list(owner_id: int, position: str = "") -> AsyncIterator[Following]:
    wake = asyncio.Event()
    feed = ListFeed(owner_id, Position.parse(position), wake)
    async with running_hub() as hub:
        await feed.join(hub)
        try:
            yield Following(feed, wake)
        finally:
            await feed.leave()


@in_database
def claim_one() -> Claim:
    return claim_waiting(uuid.uuid4(), room=1)[0]


@in_database
def write(claim: Claim, start: int, text: str) -> None:
    append([Piece(claim.message_id, claim.attempt, start, text)])


@in_database
def finish(claim: Claim, start: int) -> None:
    settle(claim, Outcome(Status.COMPLETE, finish_reason="stop"), start=start, text="")


def rev_of(event: Event) -> int:
    return Position.parse(event.payload.position).rev


async def test_it_begins_with_all_there_is(reply):
    async with following(reply.conversation_id) as here:
        assert await here.until("snapshot") == ["snapshot"]

    assert [row.text for row in here.rows.values()] == ["Why?", ""]
    assert here.position == f"1,{reply.pk}=0"


async def test_a_reply_begins_grows_and_is_complete(reply):
    async with following(reply.conversation_id) as here:
        await here.until("snapshot")
        claim = await claim_one()
        await here.until("streaming_start")
        await write(claim, 0, "Because")
        await here.until("streaming")
        assert here.position == f"2,{reply.pk}=7"
        await finish(claim, 7)
        await here.until("complete_streaming")

    assert (here.rows[str(reply.pk)].text, here.rows[str(reply.pk)].status) == ("Because", "complete")
    assert here.position == "3"


async def test_who_lacks_nothing_is_told_nothing(reply):
    async with following(reply.conversation_id, "1") as here:
        assert await here.feed.events() == []


async def test_who_was_away_goes_on_where_they_were(reply):
    claim = await claim_one()
    await write(claim, 0, "Because of that")
    async with following(reply.conversation_id, f"2,{reply.pk}=7") as here:
        (event,) = await here.feed.events()

    assert (event.payload.start, event.payload.text) == (7, " of that")


async def test_text_that_nobody_said_to_know_is_told_from_its_beginning(reply):
    claim = await claim_one()
    await write(claim, 0, "Because")
    async with following(reply.conversation_id, "2") as here:
        (event,) = await here.feed.events()

    assert (event.payload.start, event.payload.text) == (0, "Because")


async def test_long_text_comes_in_pieces(reply):
    claim = await claim_one()
    await write(claim, 0, LONG)
    await finish(claim, len(LONG))
    async with following(reply.conversation_id, "1") as here:
        events = await here.feed.events()

    texts = [event.payload.text for event in events if event.action == "streaming"]
    assert [event.action for event in events][:2] == ["message", "streaming"]
    assert "".join([events[0].payload.message.text, *texts]) == LONG
    assert max(map(len, texts)) <= PIECE


@pytest.mark.parametrize("position", ["", "1"])
async def test_whoever_is_cut_at_any_event_has_everything_in_the_end(reply, position, monkeypatch):
    monkeypatch.setattr("apps.api.events.PIECE", 5)
    claim = await claim_one()
    await write(claim, 0, "Because of all that")
    await finish(claim, 19)
    async with following(reply.conversation_id, position) as whole:
        events = await whole.feed.events()
    assert len(events) >= 5
    for cut in range(len(events) + 1):
        reader = Reader()
        reader.position = position
        for event in events[:cut]:
            reader.apply(event)
        async with following(reply.conversation_id, reader.position) as again:
            for event in await again.feed.events():
                reader.apply(event)
        assert reader.rows[str(reply.pk)].text == "Because of all that"
        assert reader.rows[str(reply.pk)].status == "complete"


async def test_only_the_last_event_of_a_step_has_its_rev(reply):
    claim = await claim_one()
    await write(claim, 0, LONG)
    async with following(reply.conversation_id, "0") as here:
        events = await here.feed.events()

    assert [rev_of(event) for event in events] == [0] * (len(events) - 1) + [2]


async def test_a_position_of_the_future_is_told_everything_anew(reply):
    async with following(reply.conversation_id, "999") as here:
        assert await here.until("snapshot") == ["snapshot"]


async def test_what_waits_is_told_to_a_position_of_the_future_too(asker, reply):
    async with following(reply.conversation_id, "999") as here:
        await here.until("snapshot")
        await in_database(actions.send_message)(asker, reply.conversation_id, key="key-of-two", text="And?")

        assert "queue" in await here.until("queue")


@pytest.mark.parametrize("offset", [1, 999])
async def test_a_position_that_knows_a_text_otherwise_is_told_everything_anew(reply, offset):
    stranger = uuid.uuid4()
    async with following(reply.conversation_id, f"1,{stranger}={offset}") as here:
        await in_database(actions.rename)(
            await in_database(lambda: reply.conversation.owner)(), reply.conversation_id, title="Otherwise"
        )
        assert "snapshot" in await here.until("snapshot")


async def test_another_branch_is_told_anew(asker, reply):
    await in_database(lambda: Message.objects.filter(pk=reply.pk).update(status="failed", content="Be"))()
    async with following(reply.conversation_id, "1") as here:
        another = await in_database(actions.regenerate)(
            asker, reply.conversation_id, reply.pk, key="key-of-one"
        )
        await here.until("snapshot")

    assert list(here.rows)[-1] == str(another.pk)


async def test_what_waits_is_told(asker, reply):
    async with following(reply.conversation_id, "1") as here:
        await in_database(actions.send_message)(asker, reply.conversation_id, key="key-of-two", text="And?")
        await here.until("queue")

    (told,) = [event for event in here.heard if event.action == "queue"]
    assert [message.text for message in told.payload.waiting] == ["And?"]


async def test_another_title_is_told(asker, reply):
    async with following(reply.conversation_id, "1") as here:
        await in_database(actions.rename)(asker, reply.conversation_id, title="Reasons")
        await here.until("conversation")

    assert here.heard[-1].payload.conversation.title == "Reasons"
    assert here.position == "2"


async def test_a_deleted_conversation_is_the_end(asker, reply):
    async with following(reply.conversation_id, "1") as here:
        await in_database(actions.delete)(asker, reply.conversation_id)
        await here.until("conversation_deleted")

        assert here.feed.has_ended
        assert await here.feed.events() == []


async def test_a_reply_that_waits_is_looked_for_only_when_something_but_text_is_new(
    asker, reply, monkeypatch
):
    looked, reply_to = [], queue.reply_to
    monkeypatch.setattr(queue, "reply_to", lambda pk: looked.append(pk) or reply_to(pk))
    claim = await claim_one()
    sent = await in_database(actions.send_message)(
        asker, reply.conversation_id, key="key-of-two", text="And?"
    )
    feed = ReplyFeed(sent, asyncio.Event())
    async with running_hub() as hub:
        await feed.join(hub)
        for start in range(5):
            await write(claim, start, "x")
            await hub.check()
            assert await feed.events() == []
        await feed.leave()

    assert len(looked) == 1


async def test_the_list_tells_what_began_and_what_is_gone(asker, reply):
    async with following_list(asker.pk, "0") as here:
        await here.until("conversation")
        await in_database(filing.archive)(asker, reply.conversation_id)
        await here.until("conversation")
        await in_database(actions.delete)(asker, reply.conversation_id)
        await here.until("conversation_deleted")

    archived = [e.payload.conversation.archived for e in here.heard if e.action == "conversation"]
    assert archived == [False, True]
    assert {event.payload.feed for event in here.heard} == {"list"}


async def test_who_knows_nothing_of_the_list_reads_it(asker, reply):
    async with following_list(asker.pk) as here:
        assert await here.until("list_changed") == ["list_changed"]

    assert here.list_position == "1"


async def test_the_list_goes_on_from_a_position(asker, reply, ask):
    await in_database(ask)("What?")
    async with following_list(asker.pk, "1") as here:
        events = await here.feed.events()

    assert [event.action for event in events] == ["conversation"]
    assert events[0].payload.conversation.id != reply.conversation_id
    assert (await in_database(Conversation.objects.count)()) == 2
