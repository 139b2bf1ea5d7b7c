import asyncio
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client

from apps.accounts.events import AccessEnded
from apps.accounts.models import User
from apps.bridge import in_database
from apps.chat import actions
from apps.chat.models import Conversation, Message
from apps.events import mailbox, publish
from apps.generation.append import Piece, append
from apps.generation.claim import claim
from apps.generation.events import ChunkAdded
from apps.live import limits
from apps.live.closing import TOO_MANY
from apps.live.hub import hub
from apps.web import consumers, wording
from apps.web.liveview import LiveView
from apps.web.pump import HERE
from tests.factories import ConversationFactory, MessageFactory, ReplyFactory
from tests.support.running import DEADLINE, running_bus, running_hub, until
from tests.support.tab import Tab, tab
from tests.web.conftest import session_of

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "key-of-one"
WRONG_POSITIONS: list[dict[str, object]] = [
    {"conversation": "x"}, {"rev": "x"}, {"rev": "-1"}, {"rev": str(2**63)}, {"rev": "1.5"},
    {"account_rev": "x"}, {"account_rev": "-1"}, {"rev": "9" * 5000},
]  # fmt: skip
REJECTED = [
    ("text", " \u200b", "blank"),
    ("text", "x" * 200_001, "too_long"),
    ("text", 5, "not_text"),
    ("text", None, "blank"),
    ("key", "short", "invalid"),
    ("conversation", "x", "invalid"),
    ("command", "explode", "unknown_command"),
]
TEXTS = ["", "x", "[]", "null", "5", '"send"', "{", '{"command": []}', "[" * 100_000, "9" * 5_000]
JUNK: list[dict[str, object]] = [{"bytes": b"\xff"}, *({"text": text} for text in TEXTS)]
BAD_KEYS = ["\ud800-lone-half", "nul-\0-inside", '"><script>', ["list"], {}, 12345678]


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return ConversationFactory(owner=owner, title="Sky", rev=3)


@pytest.fixture
def question(conversation: Conversation) -> Message:
    return MessageFactory(conversation=conversation)


def position(conversation: Conversation) -> dict[str, object]:
    return {"conversation": conversation.pk, "rev": conversation.rev, "account_rev": 0}


async def a(factory: type[MessageFactory], **fields: Any) -> Message:
    return await sync_to_async(factory)(**fields)


def stored(key: str = KEY) -> int:
    return Message.objects.filter(client_key=key).count()


class TestJoining:
    @pytest.mark.parametrize("origin", [None, "http://evil.example"])
    async def test_pages_of_other_origins_are_refused(self, session: str, origin: str | None) -> None:
        assert not await Tab(session, origin=origin).opened()

    @pytest.mark.parametrize("cookie", ["", "no-such-session"])
    async def test_whoever_is_not_signed_in_is_sent_away(self, cookie: str) -> None:
        async with tab(cookie) as page:
            assert await page.closed() == 4001

    async def test_a_strangers_conversation_is_absent(
        self, conversation: Conversation, stranger: User
    ) -> None:
        session = await sync_to_async(session_of)(stranger)
        for absent in (conversation.pk, uuid.uuid4()):
            async with tab(session, conversation=absent) as page:
                assert await page.closed() == 4404
                assert page.frames == []

    async def test_a_deleted_conversation_is_absent(
        self, owner: User, session: str, conversation: Conversation
    ) -> None:
        await in_database(actions.delete)(owner, conversation.pk)

        async with tab(session, **position(conversation)) as page:
            assert await page.closed() == 4404

    async def test_a_position_that_cannot_be_is_refused(self, session: str) -> None:
        for wrong in WRONG_POSITIONS:
            async with tab(session, **wrong) as page:
                assert await page.closed() == 4400

    async def test_a_database_that_is_away_sends_the_page_round_again(
        self, session: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.web.consumers.LiveView.join", _failing(OperationalError()))

        async with tab(session) as page:
            assert await page.closed() == 4012

    async def test_nothing_is_left_behind_by_pages_that_go(
        self, session: str, conversation: Conversation
    ) -> None:
        async with running_hub(), tab(session, **position(conversation)) as page:
            await page.send(command="nothing")
            await page.frame()
            assert hub._mirrors

        assert not hub._mirrors
        assert not hub._tasks
        assert not mailbox._listeners


class TestSending:
    async def test_an_accepted_message_is_committed(self, session: str, conversation: Conversation) -> None:
        async with running_hub(), tab(session, **position(conversation)) as page:
            await page.send(command="send", conversation=str(conversation.pk), key=KEY, text="Why?")
            await page.until('id="accepted"', f'data-key="{KEY}"', f'data-url="/c/{conversation.pk}/"')

            assert await in_database(stored)() == 1

    async def test_the_page_is_sent_what_it_sent(self, session: str, conversation: Conversation) -> None:
        async with running_hub(), tab(session, **position(conversation)) as page:
            await page.send(command="send", conversation=str(conversation.pk), key=KEY, text="Why <b>?")

            seen = await page.until("Why &lt;b&gt;?", "is-queued", 'data-rev="4"', 'data-account-rev="1"')
            assert "upsert:#messages" in seen
            assert "<b>" not in seen

    async def test_the_same_key_again_is_accepted_again(
        self, session: str, conversation: Conversation
    ) -> None:
        async with running_hub(), tab(session, **position(conversation)) as page:
            for _ in range(3):
                await page.send(command="send", conversation=str(conversation.pk), key=KEY, text="Why?")
                await page.until('id="accepted"')

            assert await in_database(stored)() == 1

    async def test_a_new_page_begins_a_conversation_and_goes_on_with_it(self, session: str) -> None:
        pk = uuid.uuid4()
        async with running_hub(), tab(session) as page:
            await page.send(command="send", conversation=str(pk), key=KEY, text="Why?")

            await page.until(
                'id="accepted"',
                f'id="conversation-{pk}"',
                "is-queued",
                f'data-conversation="{pk}" data-rev="1"',
            )

    async def test_a_rejected_message_leaves_the_socket_open(
        self, session: str, conversation: Conversation
    ) -> None:
        good = {"command": "send", "conversation": str(conversation.pk), "key": KEY, "text": "Why?"}
        async with tab(session, **position(conversation)) as page:
            for field, value, code in REJECTED:
                await page.send(**{**good, field: value})
                assert str(wording.REJECTIONS[code]) in await page.until('id="composer-error"')

            await page.send(**good)
            await page.until('id="accepted"')

    async def test_junk_is_rejected_and_the_socket_stays_open(self, session: str) -> None:
        async with tab(session) as page:
            for junk in JUNK:
                await page.socket.send_input({"type": "websocket.receive", **junk})
                await page.until('id="composer-error"')

    async def test_a_key_that_is_no_key_comes_back_harmless(self, session: str) -> None:
        async with tab(session) as page:
            for key in BAD_KEYS:
                await page.send(command="send", conversation=str(uuid.uuid4()), key=key, text="Why?")
                frame = await page.frame()
                assert str(wording.REJECTIONS["invalid"]) in frame
                assert "<script>" not in frame

    async def test_a_message_that_could_not_be_stored_is_honestly_rejected(
        self, session: str, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*_: object) -> None:
            raise OperationalError("gone")

        async with tab(session, **position(conversation)) as page:
            with monkeypatch.context() as patch:
                patch.setattr("apps.web.consumers.perform", away)
                await page.send(command="send", conversation=str(conversation.pk), key=KEY, text="Why?")
                frame = await page.until('id="composer-error"', f'data-key="{KEY}"')
            assert str(wording.REJECTIONS["unavailable"]) in frame

            await page.send(command="send", conversation=str(conversation.pk), key=KEY, text="Why?")
            await page.until('id="accepted"')

    async def test_an_accepted_message_that_cannot_be_shown_sends_the_page_round_again(
        self, session: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(LiveView, "show", _failing(OperationalError()))

        async with tab(session) as page:
            await page.send(command="send", conversation=str(uuid.uuid4()), key=KEY, text="Why?")
            await page.until('id="accepted"')
            assert await page.closed() == 4012


class TestHangingDatabase:
    """One that neither answers nor fails, as when its process is paused."""

    @pytest.fixture
    def paused(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
        """Until it is set, `send` waits in its thread; `stop` goes through."""
        goes_on, perform = threading.Event(), consumers.perform

        def hang(user: User, name: str, values: dict[str, Any]) -> Any:
            if name == "send":
                goes_on.wait(DEADLINE)
            return perform(user, name, values)

        monkeypatch.setattr("apps.web.consumers.perform", hang)
        yield goes_on
        goes_on.set()

    async def test_a_message_gets_an_honest_answer_and_is_stored_once(
        self,
        session: str,
        conversation: Conversation,
        paused: threading.Event,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        good = {"command": "send", "conversation": str(conversation.pk), "key": KEY, "text": "Why?"}
        async with running_hub(), tab(session, **position(conversation)) as page:
            with monkeypatch.context() as patch:
                patch.setattr("apps.web.consumers.ANSWERED_WITHIN", 0.05)
                await page.send(**good)
                assert str(wording.REJECTIONS["unavailable"]) in await page.until('id="composer-error"')
            paused.set()
            await page.send(**good)
            await page.until('id="accepted"', "is-queued")

            assert await in_database(stored)() == 1

    async def test_stop_does_not_wait_behind_a_message(
        self, owner: User, session: str, question: Message, paused: threading.Event
    ) -> None:
        waiting = await a(ReplyFactory, parent=question, queued=True)
        where = str(waiting.conversation_id)
        async with running_hub(), tab(session, **position(waiting.conversation)) as page:
            await page.send(command="send", conversation=where, key=KEY, text="And?")
            await page.send(command="stop", conversation=where, message=str(waiting.pk))

            await page.until(f'id="message-{waiting.pk}"', "is-stopped")
            assert await in_database(stored)() == 0
            paused.set()

    async def test_what_the_page_lacks_is_sent_meanwhile(
        self, owner: User, session: str, conversation: Conversation, paused: threading.Event
    ) -> None:
        async with running_hub(), tab(session, **position(conversation)) as page:
            await page.send(command="send", conversation=str(conversation.pk), key=KEY, text="Why?")
            await in_database(actions.rename)(owner, conversation.pk, title="Sea")

            await page.until("Sea")
            paused.set()

    async def test_nothing_is_left_behind_when_the_server_gives_up_waiting(
        self, owner: User, session: str, conversation: Conversation, paused: threading.Event
    ) -> None:
        async with running_hub():
            page = Tab(session, **position(conversation))
            assert await page.opened()
            for number in range(2 * consumers.MOST_AT_ONCE):
                values = {"conversation": str(conversation.pk), "key": f"key-of-{number}", "text": "Why?"}
                await page.send(command="send", **values)
            await until(lambda: hub._mirrors)
            await page.give_up()

            assert not hub._mirrors
            assert not limits.pages._taken[owner.pk]
            paused.set()

    async def test_a_page_that_cannot_be_joined_is_sent_round_again(
        self, session: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.web.consumers.ANSWERED_WITHIN", 0.05)
        monkeypatch.setattr("apps.web.consumers.LiveView.join", lambda self: asyncio.Event().wait())

        async with tab(session) as page:
            assert await page.closed() == 4012


class TestFlow:
    async def test_a_ping_is_answered(self, session: str) -> None:
        async with tab(session) as page:
            await page.send(command="ping")

            assert await page.frame() == HERE

    async def test_commands_are_granted_in_the_order_in_which_they_came(
        self, session: str, conversation: Conversation
    ) -> None:
        titles = [f"Title {number}" for number in range(2 * consumers.MOST_AT_ONCE)]
        async with running_hub(), tab(session, **position(conversation)) as page:
            for title in titles:
                await page.send(command="rename", conversation=str(conversation.pk), title=title)
            await page.until(titles[-1], f'data-account-rev="{len(titles)}"')

        assert (await in_database(Conversation.objects.get)()).title == titles[-1]

    async def test_a_page_that_acknowledges_gets_long_transcripts_in_parts(
        self, session: str, question: Message
    ) -> None:
        await a(ReplyFactory, parent=question, content="word & " * 50_000, rev=3)
        await a(ReplyFactory, parent=question, content="🙂" * 200_000, rev=3)
        async with tab(session, conversation=question.conversation_id, rev=0, credit=1) as page:
            while 'data-rev="3"' not in await page.frame():
                await page.send(command="ack", frames=len(page.frames))

        assert len(page.frames) > 4
        assert max(len(frame.encode()) for frame in page.frames) <= 256 * 1024 + 1


class TestCatchingUp:
    async def test_a_page_is_sent_what_it_lacks(self, session: str, question: Message) -> None:
        old = await a(ReplyFactory, parent=question, rev=1, content="old words")
        new = await a(MessageFactory, parent=old, rev=3, content="new words")

        async with tab(session, conversation=new.conversation_id, rev=2) as page:
            seen = await page.until("new words", 'data-rev="3"')

        assert "old words" not in seen
        assert "upsert:#messages" in seen

    async def test_a_page_that_lacks_nothing_is_sent_nothing(
        self, owner: User, session: str, conversation: Conversation
    ) -> None:
        async with running_hub(), tab(session, **position(conversation)) as page:
            await in_database(actions.rename)(owner, conversation.pk, title="Sea")

            seen = await page.until("Sea")

        assert 'data-rev="3" data-account-rev="0"' not in seen
        assert "#messages" not in seen

    async def test_a_page_ahead_of_a_restored_backup_is_drawn_anew(
        self, session: str, question: Message
    ) -> None:
        async with tab(session, conversation=question.conversation_id, rev=99) as page:
            await page.until("innerHTML:#messages", f'id="message-{question.pk}"', 'data-rev="3"')

    async def test_another_path_is_drawn_whole(self, owner: User, session: str, question: Message) -> None:
        first, second = await a(ReplyFactory, parent=question), await a(ReplyFactory, parent=question)

        async with running_hub(), tab(session, **position(second.conversation)) as page:
            await in_database(actions.choose)(owner, question.conversation_id, first.pk)
            seen = await page.until("innerHTML:#messages", 'data-rev="4"')

        assert f'id="message-{first.pk}"' in seen
        assert f'id="message-{second.pk}"' not in seen

    async def test_a_claimed_reply_is_drawn_again(self, session: str, question: Message) -> None:
        waiting = await a(ReplyFactory, parent=question, queued=True)

        async with running_hub(), tab(session, **position(waiting.conversation)) as page:
            await in_database(claim)(uuid.uuid4(), waiting.pk, waiting.conversation_id)

            await page.until(f'id="message-{waiting.pk}"', "is-streaming")

    async def test_a_change_whose_event_was_lost_arrives_with_the_tick(
        self, owner: User, session: str, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.live.hub.TICK", 0.05)
        monkeypatch.setattr("apps.events.publish", lambda *_: None)

        async with running_hub(), tab(session, **position(conversation)) as page:
            await in_database(actions.rename)(owner, conversation.pk, title="Sea")

            await page.until("Sea", 'data-rev="4"', 'data-account-rev="1"')


class TestGrowth:
    @pytest.fixture
    def running(self, question: Message) -> Message:
        return ReplyFactory(parent=question, streaming=True)

    @staticmethod
    def _write(running: Message, start: int, text: str) -> None:
        """As the engine does: store, then tell, from a thread of its own."""
        assert append([Piece(running.pk, running.attempt, start, text)]).stored
        publish(
            ChunkAdded(conversation_id=running.conversation_id, message_id=running.pk, start=start, text=text)
        )

    async def test_text_is_replaced_first_and_appended_from_then_on(
        self, session: str, running: Message
    ) -> None:
        blocks, write = f"message-{running.pk}-blocks", in_database(self._write)
        async with running_bus(), tab(session, **position(running.conversation)) as page:
            await write(running, 0, "One.\n\nTw")
            first = await page.until(f'id="{blocks}" hx-swap-oob="innerHTML"', "One.", "Tw")
            await write(running, 8, "o.\n\nThree")
            second = await page.until(f'hx-swap-oob="beforeend:#{blocks}"', "Three")

        assert "beforeend" not in first
        assert "One." not in second
        assert f'id="{blocks}"' not in second

    async def test_a_late_page_is_sent_the_text_so_far(self, session: str, running: Message) -> None:
        await in_database(self._write)(running, 0, "Once upon")

        async with running_bus(), tab(session, **position(running.conversation)) as page:
            await page.until("Once upon")

    async def test_a_lost_piece_is_read_and_a_late_one_ignored(self, session: str, running: Message) -> None:
        write = in_database(self._write)
        async with running_bus(), tab(session, **position(running.conversation)) as page:
            await in_database(append)([Piece(running.pk, running.attempt, 0, "Once ")])
            await write(running, 5, "upon a time")
            await page.until("Once upon a time")
            publish(
                ChunkAdded(
                    conversation_id=running.conversation_id, message_id=running.pk, start=0, text="Once "
                )
            )
            await write(running, 16, " there was")
            await page.until("Once upon a time there was")

    async def test_two_tabs_are_sent_the_same(self, session: str, running: Message) -> None:
        where = position(running.conversation)
        async with running_bus(), tab(session, **where) as one, tab(session, **where) as other:
            await in_database(self._write)(running, 0, "Once upon")

            assert await one.until("Once upon") == await other.until("Once upon")


class TestList:
    async def test_every_tab_hears_of_a_new_conversation(self, owner: User, session: str) -> None:
        pk = uuid.uuid4()
        async with running_bus(), tab(session) as page:
            await in_database(_send)(owner, pk)

            seen = await page.until("upsert:#conversations", f'id="conversation-{pk}"', "is-running")

        assert 'id="message-' not in seen

    async def test_every_tab_hears_of_a_new_title(
        self, owner: User, session: str, conversation: Conversation
    ) -> None:
        async with running_bus(), tab(session) as page:
            await in_database(actions.rename)(owner, conversation.pk, title="Sea <3")

            await page.until(f'id="conversation-{conversation.pk}"', "Sea &lt;3", 'data-account-rev="1"')

    async def test_every_tab_hears_of_a_deletion(
        self, owner: User, session: str, conversation: Conversation
    ) -> None:
        async with running_bus(), tab(session) as page:
            await in_database(actions.delete)(owner, conversation.pk)

            await page.until(f'<li id="conversation-{conversation.pk}" data-gone')

    async def test_nobody_hears_of_a_strangers_conversations(
        self, owner: User, session: str, stranger: User
    ) -> None:
        theirs, mine = uuid.uuid4(), uuid.uuid4()
        async with running_bus(), tab(session) as page:
            await in_database(_send)(stranger, theirs)
            await in_database(_send)(owner, mine)

            assert str(theirs) not in await page.until(str(mine))


class TestLeaving:
    async def test_signing_out_closes_the_sockets_of_that_session(self, owner: User) -> None:
        here, elsewhere = Client(), Client()
        sessions = [await sync_to_async(_signed_in)(client, owner) for client in (here, elsewhere)]
        async with running_bus(), tab(sessions[0]) as page, tab(sessions[1]) as other:
            await sync_to_async(here.post)("/accounts/logout/")
            assert await page.closed() == 4001

            await other.send(command="nothing")
            await other.until('id="composer-error"')

    async def test_losing_access_closes_every_socket(self, owner: User, stranger: User) -> None:
        sessions = [await sync_to_async(session_of)(user) for user in (owner, owner, stranger)]
        async with (
            running_bus(),
            tab(sessions[0]) as one,
            tab(sessions[1]) as two,
            tab(sessions[2]) as theirs,
        ):
            await in_database(publish)(AccessEnded(user_id=owner.pk))
            assert (await one.closed(), await two.closed()) == (4001, 4001)

            await theirs.send(command="nothing")
            await theirs.until('id="composer-error"')

    async def test_a_session_that_ended_unheard_is_noticed(
        self, owner: User, session: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.web.pump.CHECK_EVERY", 0.05)

        async with tab(session) as page:
            await in_database(User.objects.filter(pk=owner.pk).update)(is_active=False)
            assert await page.closed() == 4001

    async def test_a_session_whose_end_was_lost_with_other_events_is_noticed(self, session: str) -> None:
        async with running_bus(), tab(session) as page:
            await page.send(command="ping")
            await page.until(HERE)
            await in_database(Session.objects.all().delete)()
            mailbox._kick()
            assert await page.closed() == 4001

    async def test_a_session_that_ends_while_a_page_is_opened_shows_nothing(
        self, session: str, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def may_watch(*_: object) -> bool:
            Session.objects.all().delete()
            return True

        monkeypatch.setattr("apps.web.consumers.may_watch", may_watch)

        async with running_bus(), tab(session, conversation=conversation.pk) as page:
            assert await page.closed() == 4001

        assert page.frames == []

    async def test_a_drain_sends_pages_elsewhere(self, session: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(hub, "draining", False)  # and so again afterwards

        async with tab(session) as page:
            hub.drain()
            assert await page.closed() == 4012

    async def test_a_deleted_conversation_is_left_and_the_list_goes_on(
        self, owner: User, session: str, conversation: Conversation
    ) -> None:
        async with running_bus(), tab(session, **position(conversation)) as page:
            await until(lambda: len(hub._mirrors) == 2)
            await in_database(actions.delete)(owner, conversation.pk)
            await page.until("data-gone")
            pk = uuid.uuid4()
            await in_database(_send)(owner, pk)

            await page.until(f'id="conversation-{pk}"')


def _send(user: User, conversation_id: UUID) -> None:
    actions.send_message(user, conversation_id, key=KEY, text="Why?", model_name="demo")


def _signed_in(client: Client, user: User) -> str:
    client.force_login(user)
    return client.cookies["sessionid"].value


def _failing(error: Exception) -> Callable[..., Any]:
    async def fail(*_: object, **__: object) -> None:
        raise error

    return fail


async def test_too_many_messages_close_the_socket(session, monkeypatch):
    monkeypatch.setattr(limits, "messages", limits.Allowance(3, 0))
    async with running_hub(), tab(session) as page:
        for _ in range(4):
            await page.send(command="ping")

        assert await page.closed() == TOO_MANY


async def test_so_many_pages_are_open_at_once(owner, session, monkeypatch):
    monkeypatch.setattr(limits.pages, "_most", 1)
    async with running_hub():
        async with tab(session) as page:
            await page.send(command="ping")
            await page.until(HERE)
            another = Tab(session)
            await another.opened()
            assert await another.closed() == TOO_MANY
            await another.close()

        assert not limits.pages._taken[owner.pk]


async def test_a_flood_of_questions_is_refused_and_each_can_be_sent_again(session, monkeypatch):
    monkeypatch.setattr(limits, "wishes", limits.Allowance(1, 0))
    async with running_hub(), tab(session) as page:
        for number in range(2):
            values = {"conversation": str(uuid.uuid4()), "key": f"key-of-{number}", "text": "Why?"}
            await page.send(command="send", **values)
        answer = await page.until('data-key="key-of-1"')

    assert str(wording.REJECTIONS["too_many"]) in answer
    assert await in_database(Conversation.objects.count)() == 1
