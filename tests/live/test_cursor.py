import asyncio
import uuid

import pytest

from apps.bridge import in_database
from apps.chat import actions, filing
from apps.chat.models import Chunk, Conversation, Message, Status
from apps.chat.reading import MOST_CHANGES
from apps.chat.revisions import changing
from apps.events import Event, mailbox, publish_now
from apps.generation.append import Piece, append
from apps.generation.claim import Claim, claim_waiting
from apps.generation.events import ChunkAdded
from apps.generation.settle import Outcome, settle
from apps.live import hub as hub_module
from apps.live.cursor import AccountCursor, ConversationCursor, ListStep, Step
from apps.live.hub import Hub
from apps.live.mirror import MOST_KEPT
from tests.support.running import DEADLINE, running_bus, running_hub, until

pytestmark = pytest.mark.django_db(transaction=True)


class Watching:
    """A cursor joined to a hub, whose next step can be waited for."""

    def __init__(self, rev: int = 0) -> None:
        self.wake = asyncio.Event()
        self.cursor = ConversationCursor(rev, self.wake)

    async def step(self) -> Step:
        async with asyncio.timeout(DEADLINE):
            while (step := self.cursor.advance()) is None:
                await self.wake.wait()
                self.wake.clear()
        return step

    async def text(self, *, length: int) -> str:
        """The text of the running reply once it has `length` code points."""
        text = ""
        while len(text) < length:
            for _, running in (await self.step()).grown:
                text = running.text
        return text


@in_database
def claim_one() -> Claim:
    return claim_waiting(uuid.uuid4(), room=1)[0]


@in_database
def change_much(reply: Message) -> None:
    """More than a mirror reads at once, all of it above the reply."""
    with changing(reply.conversation_id) as conversation:
        rows = [Message(conversation=conversation, rev=conversation.rev) for _ in range(MOST_CHANGES + 1)]
        Message.objects.bulk_create(rows)


async def store(claim: Claim, start: int, text: str) -> ChunkAdded:
    """Text as the journal stores it; the event is for the test to tell, or not."""
    await in_database(append)([Piece(claim.message_id, claim.attempt, start, text)])
    return ChunkAdded(
        conversation_id=claim.conversation_id, message_id=claim.message_id, start=start, text=text
    )


async def test_a_joining_cursor_is_shown_what_came_after_its_rev(reply, ask):
    await in_database(ask)("And?", reply.conversation_id)
    async with running_hub() as hub:
        late, early = Watching(rev=1), Watching(rev=0)
        await late.cursor.join(hub, reply.conversation_id)
        await early.cursor.join(hub, reply.conversation_id)

        assert [m.content for m in (await late.step()).changed if m.role == "user"] == ["And?"]
        assert [m.content for m in (await early.step()).changed if m.role == "user"] == ["Why?", "And?"]
        await late.cursor.leave()
        await early.cursor.leave()


async def test_a_cursor_that_lacks_nothing_gets_nothing(reply):
    async with running_hub() as hub:
        here = Watching(rev=1)
        await here.cursor.join(hub, reply.conversation_id)

        assert here.cursor.advance() is None
        await here.cursor.leave()


async def test_it_joins_first_and_reads_then(reply, asker, monkeypatch):
    order = []
    join, read = mailbox.join, hub_module.ConversationMirror._read

    async def noted_join(topic, listener):
        order.append("join")
        await join(topic, listener)

    async def noted_read(self, since):
        order.append("read")
        await read(self, since)

    monkeypatch.setattr(mailbox, "join", noted_join)
    monkeypatch.setattr(hub_module.ConversationMirror, "_read", noted_read)
    async with running_hub() as hub:
        here = Watching()
        await here.cursor.join(hub, reply.conversation_id)
        await here.cursor.leave()

    assert order == ["join", "read"]


async def test_text_grows_as_it_is_told(reply):
    claim = await claim_one()
    async with running_hub() as hub:
        here = Watching(rev=2)
        await here.cursor.join(hub, reply.conversation_id)
        for start, word in ((0, "Be"), (2, "cause"), (7, ".")):
            await publish_now(await store(claim, start, word))

        assert await here.text(length=8) == "Because."
        await here.cursor.leave()


async def test_a_gap_is_read_from_the_database(reply, monkeypatch):
    monkeypatch.setattr(hub_module, "TICK", 3600)
    claim = await claim_one()
    async with running_hub() as hub:
        here = Watching(rev=2)
        await here.cursor.join(hub, reply.conversation_id)
        await store(claim, 0, "Be")
        await publish_now(await store(claim, 2, "cause"))

        assert await here.text(length=7) == "Because"
        await here.cursor.leave()


async def test_late_and_repeated_events_change_nothing(reply):
    claim = await claim_one()
    async with running_hub() as hub:
        here = Watching(rev=2)
        await here.cursor.join(hub, reply.conversation_id)
        events = [await store(claim, 0, "Be"), await store(claim, 2, "cause"), await store(claim, 7, ".")]
        await publish_now(events[2], events[0], events[1], events[0], events[2])

        assert await here.text(length=8) == "Because."
        await here.cursor.leave()


async def test_without_any_event_the_tick_catches_up(reply, monkeypatch):
    monkeypatch.setattr(hub_module, "TICK", 0.05)
    claim = await claim_one()
    hub = Hub()
    ticking = asyncio.create_task(hub.run())
    here = Watching(rev=2)
    await here.cursor.join(hub, reply.conversation_id)
    await store(claim, 0, "Because")

    assert await here.text(length=7) == "Because"
    await in_database(settle)(claim, Outcome(Status.COMPLETE, finish_reason="stop"), start=7, text=".")
    while not (changed := (await here.step()).changed):
        pass
    assert [(m.status, m.text) for m in changed] == [(Status.COMPLETE, "Because.")]
    await here.cursor.leave()
    ticking.cancel()


async def test_it_shows_nothing_that_is_not_stored(reply):
    claim = await claim_one()
    async with running_hub() as hub:
        here = Watching(rev=2)
        await here.cursor.join(hub, reply.conversation_id)
        for number in range(20):
            event = await store(claim, number * 2, f"{number:02}")
            await publish_now(event)
            text = await here.text(length=number * 2 + 2)
            assert text == "".join(f"{n:02}" for n in range(number + 1))
        await here.cursor.leave()


async def test_a_page_may_have_seen_more_than_the_mirror_it_joins(reply, ask, monkeypatch):
    monkeypatch.setattr(hub_module, "TICK", 3600)
    claim = await claim_one()
    async with running_hub() as hub:
        early, late = Watching(rev=2), Watching(rev=3)
        await early.cursor.join(hub, reply.conversation_id)
        monkeypatch.setattr("apps.events.publish", lambda *_: None)
        await store(claim, 0, "Because")
        await in_database(ask)("And?", reply.conversation_id)
        await late.cursor.join(hub, reply.conversation_id)

        step = await late.step()
        assert not step.anew
        assert [running.text for _, running in step.grown] == ["Because"]
        await early.cursor.leave()
        await late.cursor.leave()


async def test_what_one_page_makes_the_mirror_read_the_others_are_told(reply, ask, monkeypatch):
    monkeypatch.setattr(hub_module, "TICK", 3600)
    async with running_hub() as hub:
        early, late = Watching(rev=1), Watching(rev=0)
        await early.cursor.join(hub, reply.conversation_id)
        while early.cursor.advance():
            pass
        monkeypatch.setattr("apps.events.publish", lambda *_: None)
        await in_database(ask)("And?", reply.conversation_id)
        early.wake.clear()
        await late.cursor.join(hub, reply.conversation_id)

        assert early.wake.is_set()
        assert "And?" in [message.text for message in (await early.step()).changed]
        await early.cursor.leave()
        await late.cursor.leave()


async def test_many_cursors_share_one_mirror_and_one_reading(reply, monkeypatch):
    readings = []
    read = hub_module.ConversationMirror._read

    async def noted(self, since):
        readings.append(since)
        await read(self, since)

    monkeypatch.setattr(hub_module.ConversationMirror, "_read", noted)
    async with running_hub() as hub:
        watchers = [Watching(rev=1) for _ in range(10)]
        for here in watchers:
            await here.cursor.join(hub, reply.conversation_id)
        for here in watchers:
            await here.cursor.leave()

    assert readings == [1]


async def test_another_branch_is_drawn_anew(asker, reply):
    await in_database(lambda: Message.objects.filter(pk=reply.pk).update(status="failed", content="Be"))()
    async with running_hub() as hub:
        here = Watching(rev=1)
        await here.cursor.join(hub, reply.conversation_id)
        await in_database(actions.regenerate)(asker, reply.conversation_id, reply.pk, key="key-of-one")

        assert (await here.step()).anew
        await here.cursor.leave()


async def test_what_is_not_on_the_shown_path_is_not_drawn(asker, reply):
    await in_database(lambda: Message.objects.filter(pk=reply.pk).update(status="failed", content="Be"))()
    await in_database(actions.regenerate)(asker, reply.conversation_id, reply.pk, key="key-of-one")
    hidden = await claim_one()
    await in_database(actions.choose)(asker, reply.conversation_id, reply.pk)
    async with running_hub() as hub:
        here = Watching(rev=(await in_database(Conversation.objects.get)()).rev)
        await here.cursor.join(hub, reply.conversation_id)
        await publish_now(await store(hidden, 0, "Because"))
        await in_database(settle)(hidden, Outcome(Status.STOPPED))

        step = await here.step()
        assert (step.changed, step.grown) == ([], [])
        await here.cursor.leave()


async def test_a_page_ahead_of_a_restored_backup_is_drawn_anew(reply):
    async with running_hub() as hub:
        here, other = Watching(rev=999), Watching(rev=1)
        await here.cursor.join(hub, reply.conversation_id)
        await other.cursor.join(hub, reply.conversation_id)

        assert (await here.step()).anew
        assert other.cursor.advance() is None
        await here.cursor.leave()
        await other.cursor.leave()


async def test_a_mirror_keeps_few_rows_and_sends_laggards_to_the_database(reply):
    def rename_often() -> None:
        for _ in range(MOST_KEPT * 2):
            with changing(reply.conversation_id) as conversation:
                conversation.messages.create(role="user", rev=conversation.rev, content="x")

    async with running_hub() as hub:
        slow, quick = Watching(rev=1), Watching(rev=1)
        await slow.cursor.join(hub, reply.conversation_id)
        await quick.cursor.join(hub, reply.conversation_id)
        await in_database(rename_often)()
        while quick.cursor.rev < 1 + MOST_KEPT * 2:
            await quick.step()

        mirror = slow.cursor._mirror
        assert len(mirror.messages) <= MOST_KEPT + 1
        assert (await slow.step()).anew
        await slow.cursor.leave()
        await quick.cursor.leave()


async def test_more_changes_than_are_told_hide_no_running_reply(reply, monkeypatch):
    monkeypatch.setattr(hub_module, "TICK", 3600)
    claim = await claim_one()
    async with running_hub() as hub:
        here = Watching(rev=2)
        await here.cursor.join(hub, reply.conversation_id)
        await store(claim, 0, "Be")
        await change_much(reply)
        step = await here.step()
        await publish_now(await store(claim, 2, "cause"))

        assert step.anew
        assert [pk for pk, _ in step.grown] == [reply.pk]
        assert await here.text(length=7) == "Because"
        await here.cursor.leave()


async def test_a_reply_that_ended_among_too_many_changes_runs_no_more(reply):
    claim = await claim_one()
    async with running_hub() as hub:
        here = Watching(rev=2)
        await here.cursor.join(hub, reply.conversation_id)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("apps.events.publish", lambda *_: None)
            await in_database(settle)(claim, Outcome(Status.COMPLETE, finish_reason="stop"), text="Because.")
        await change_much(reply)
        await here.step()

        assert here.cursor._mirror.running == {}
        await here.cursor.leave()


async def test_a_deleted_conversation_is_gone_for_who_watches_it(asker, reply):
    async with running_hub() as hub:
        here = Watching(rev=1)
        await here.cursor.join(hub, reply.conversation_id)
        await in_database(actions.delete)(asker, reply.conversation_id)

        assert (await here.step()).conversation is None
        await here.cursor.leave()


async def test_what_was_deleted_and_is_there_again_goes_on_for_who_watches_it(asker, reply):
    async with running_hub() as hub:
        here = Watching(rev=1)
        await here.cursor.join(hub, reply.conversation_id)
        await in_database(actions.delete)(asker, reply.conversation_id)
        assert (await here.step()).conversation is None
        await in_database(filing.restore)(asker, reply.conversation_id)
        await until(lambda: not here.cursor._mirror.gone)
        await in_database(actions.rename)(asker, reply.conversation_id, title="There again")

        while (step := await here.step()).conversation.title != "There again":
            assert not step.anew
        await here.cursor.leave()


async def test_whoever_joins_what_is_there_again_is_not_told_that_it_is_gone(asker, reply, monkeypatch):
    monkeypatch.setattr(hub_module, "TICK", 3600)
    async with running_hub() as hub:
        here, late = Watching(rev=1), Watching(rev=1)
        await here.cursor.join(hub, reply.conversation_id)
        await in_database(actions.delete)(asker, reply.conversation_id)
        assert (await here.step()).conversation is None
        monkeypatch.setattr("apps.events.publish", lambda *_: None)
        await in_database(filing.restore)(asker, reply.conversation_id)
        await late.cursor.join(hub, reply.conversation_id)

        assert [(await watching.step()).conversation.deleted_at for watching in (late, here)] == [None, None]
        await here.cursor.leave()
        await late.cursor.leave()


async def test_the_list_follows_what_any_device_does(asker, ask):
    first = await in_database(ask)("One")
    async with running_hub() as hub:
        wake = asyncio.Event()
        cursor = AccountCursor(1, wake)
        await cursor.join(hub, asker.pk)
        assert cursor.advance() is None

        second = await in_database(ask)("Two")
        await in_database(actions.rename)(asker, first.conversation_id, title="Uno")
        async with asyncio.timeout(DEADLINE):
            changed: dict[uuid.UUID, str] = {}
            while len(changed) < 2 or changed.get(first.conversation_id) != "Uno":
                await wake.wait()
                wake.clear()
                step = cursor.advance() or ListStep([])
                changed |= {conversation.pk: conversation.title for conversation in step.changed}

        assert changed == {first.conversation_id: "Uno", second.conversation_id: "Two"}
        await cursor.leave()


async def test_an_event_of_another_version_makes_everyone_look(reply, monkeypatch):
    monkeypatch.setattr(hub_module, "TICK", 3600)
    claim = await claim_one()
    async with running_hub() as hub:
        here = Watching(rev=2)
        await here.cursor.join(hub, reply.conversation_id)
        monkeypatch.delitem(Event.kinds, "ChunkAdded")
        await publish_now(await store(claim, 0, "Because"))

        assert await here.text(length=7) == "Because"
        await here.cursor.leave()


async def test_nobody_left_means_nothing_kept(reply):
    async with running_hub() as hub:
        here = Watching()
        await here.cursor.join(hub, reply.conversation_id)
        await here.cursor.leave()

        assert not hub._mirrors
        assert not hub._tasks
        assert not mailbox._listeners


async def test_a_bus_without_listeners_is_no_fault(reply):
    claim = await claim_one()
    async with running_bus():
        await publish_now(await store(claim, 0, "Because"))

    assert await in_database(Chunk.objects.count)() == 1
