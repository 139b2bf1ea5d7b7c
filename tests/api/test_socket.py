import asyncio
import threading
import uuid
from typing import Any

import pytest
from django.db import OperationalError

from apps.accounts import tokens
from apps.accounts.access import by_token, issue_ticket
from apps.accounts.events import AccessEnded
from apps.accounts.models import Scope, Token, User
from apps.api import pump, throttling
from apps.api import socket as socket_module
from apps.bridge import in_database
from apps.chat import actions
from apps.chat.models import Conversation, Message
from apps.events import mailbox, publish
from apps.live import limits
from apps.live.closing import RESTART, SIGNED_OUT, TOO_MANY, TOO_SLOW
from apps.live.hub import hub
from tests.api.test_feed import claim_one, finish, write
from tests.factories import ConversationFactory, ReplyFactory, TokenFactory
from tests.support.running import running_hub, until
from tests.support.typed_socket import OURS, TypedSocket, typed_socket
from tests.web.conftest import session_of

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "colloquy_of-a-program"
ELSEWHERE = "https://else.example"


@pytest.fixture(autouse=True)
def token(asker: User) -> Token:
    return TokenFactory(user=asker, secret=SECRET)


@pytest.fixture
def conversation(asker: User) -> Conversation:
    return ConversationFactory(owner=asker, rev=3, model_name="demo")


@pytest.fixture
def stopped(conversation: Conversation) -> Message:
    reply = ReplyFactory(parent__conversation=conversation, content="Be", stopped=True)
    Conversation.objects.filter(pk=conversation.pk).update(head=reply)
    return reply


def key() -> str:
    return uuid.uuid4().hex


def code_of(answer: dict[str, Any]) -> str:
    assert answer["action"] == "error", answer
    return str(answer["payload"]["code"])


async def test_it_answers_a_ping():
    async with running_hub(), typed_socket(SECRET) as here:
        answer = await here.ask("ping", key="key-of-ping")

    assert answer == {"action": "pong", "payload": {"key": "key-of-ping"}}


async def test_it_tells_what_is_there_and_what_comes(reply):
    async with running_hub(), typed_socket(SECRET) as here:
        answer = await here.ask("subscribe", conversation_id=str(reply.conversation_id))
        snapshot = await here.until("snapshot")
        claim = await claim_one()
        await here.until("streaming_start")
        await write(claim, 0, "Because")
        piece = await here.until("streaming")
        await finish(claim, 7)
        await here.until("complete_streaming")

    assert answer["action"] == "subscribed"
    assert [message["text"] for message in snapshot["payload"]["messages"]] == ["Why?", ""]
    assert piece["payload"]["text"] == "Because"


async def test_it_goes_on_from_a_position(reply):
    claim = await claim_one()
    await write(claim, 0, "Because of that")
    async with running_hub(), typed_socket(SECRET) as here:
        where = {"conversation_id": str(reply.conversation_id), "position": f"2,{reply.pk}=7"}
        await here.ask("subscribe", **where)
        told = await here.next()

    assert (told["action"], told["payload"]["text"]) == ("streaming", " of that")


async def test_several_conversations_and_the_list_are_followed_at_once(reply, ask):
    other = await in_database(ask)("What?")
    followed = {str(reply.conversation_id), str(other.conversation_id)}
    async with running_hub(), typed_socket(SECRET) as here:
        for pk in followed:
            await here.ask("subscribe", conversation_id=pk)
        await here.ask("subscribe_list", position="0")
        while (
            len([message for message in here.heard if message["action"] in ("snapshot", "conversation")]) < 4
        ):
            await here.next()

    told = {m["payload"]["conversation_id"] for m in here.heard if m["action"] == "snapshot"}
    listed = {m["payload"]["conversation"]["id"] for m in here.heard if m["action"] == "conversation"}
    assert told == listed == followed


async def test_what_is_followed_no_more_is_not_told(reply, asker):
    where = {"conversation_id": str(reply.conversation_id)}
    async with running_hub(), typed_socket(SECRET) as here:
        await here.ask("subscribe", **where)
        await here.until("snapshot")
        assert (await here.ask("unsubscribe", **where))["action"] == "unsubscribed"
        await in_database(actions.rename)(asker, reply.conversation_id, title="Reasons")

        assert not hub.watched
        assert (await here.ask("ping"))["action"] == "pong"


async def test_a_message_is_accepted_once_under_its_key(conversation):
    values = {"conversation_id": str(conversation.pk), "text": "Why?", "key": key()}
    async with running_hub(), typed_socket(SECRET) as here:
        first, again = await here.ask("send", **values), await here.ask("send", **values)
        other = await here.ask("send", **{**values, "text": "What?"})

    assert first == again
    assert first["payload"]["key"] == values["key"]
    assert code_of(other) == "key_used"
    assert await in_database(Message.objects.count)() == 2


async def test_a_message_behind_a_running_answer_waits(reply):
    async with running_hub(), typed_socket(SECRET) as here:
        answer = await here.ask("send", conversation_id=str(reply.conversation_id), text="And?", key=key())

    assert answer["payload"]["queued"]["text"] == "And?"
    assert answer["payload"]["reply_id"] is None


async def test_a_reply_is_stopped(reply):
    async with running_hub(), typed_socket(SECRET) as here:
        answer = await here.ask("stop", conversation_id=str(reply.conversation_id), message_id=str(reply.pk))

    assert answer["action"] == "accepted"
    assert (await in_database(Message.objects.get)(pk=reply.pk)).status == "stopped"


async def test_a_reply_is_continued(stopped):
    where = {"conversation_id": str(stopped.conversation_id), "message_id": str(stopped.pk)}
    async with running_hub(), typed_socket(SECRET) as here:
        assert (await here.ask("continue", **where))["action"] == "accepted"
        assert code_of(await here.ask("continue", **where)) == "not_possible"


async def test_a_reply_is_written_anew(stopped):
    where = {"conversation_id": str(stopped.conversation_id), "message_id": str(stopped.pk)}
    async with running_hub(), typed_socket(SECRET) as here:
        answer = await here.ask("regenerate", key=key(), **where)

    assert answer["payload"]["reply_id"] != str(stopped.pk)


async def test_a_question_is_asked_in_other_words(stopped):
    where = {"conversation_id": str(stopped.conversation_id), "message_id": str(stopped.parent_id)}
    async with running_hub(), typed_socket(SECRET) as here:
        answer = await here.ask("edit", key=key(), text="Why then?", **where)

    question = await in_database(Message.objects.get)(pk=answer["payload"]["question_id"])
    assert question.content == "Why then?"


async def test_messages_are_heeded_in_the_order_in_which_they_came(conversation):
    async with running_hub(), typed_socket(SECRET) as here:
        for number in range(10):
            await here.say(
                "send", conversation_id=str(conversation.pk), text=str(number), key=f"key-number-{number}"
            )
        answers = [await here.answer() for _ in range(10)]

    assert [answer["payload"]["key"] for answer in answers] == [f"key-number-{n}" for n in range(10)]


async def test_stop_does_not_wait_behind_what_hangs(conversation, reply, monkeypatch):
    hangs, go = threading.Event(), threading.Event()

    def hang(*_: object) -> None:
        hangs.set()
        go.wait(30)

    monkeypatch.setattr(socket_module, "_granted", hang)
    where = {"conversation_id": str(reply.conversation_id), "message_id": str(reply.pk)}
    async with running_hub(), typed_socket(SECRET) as here:
        await here.say("send", conversation_id=str(conversation.pk), text="?", key=key())
        await until(hangs.is_set)
        answer = await here.ask("stop", key="key-of-stop", **where)
        go.set()

    assert answer["payload"]["key"] == "key-of-stop"


async def test_nothing_is_left_behind_when_the_server_gives_up_waiting(reply, asker):
    async with running_hub():
        here = TypedSocket(SECRET)
        assert await here.opened()
        await here.ask("subscribe", conversation_id=str(reply.conversation_id))
        assert hub._mirrors
        await here.give_up()

        assert not hub._mirrors
        assert not limits.programs._taken[asker.pk]


@pytest.mark.parametrize("action", ["subscribe", "send", "stop", "regenerate", "edit", "continue"])
async def test_what_is_somebody_elses_is_as_absent_as_what_never_was(action):
    foreign = await in_database(ReplyFactory)(stopped=True)
    never = {"conversation_id": str(uuid.uuid4()), "message_id": str(uuid.uuid4())}
    theirs = {"conversation_id": str(foreign.conversation_id), "message_id": str(foreign.pk)}
    fields = socket_module.ProgramConsumer.kinds[action].model_fields["payload"].annotation.model_fields
    said = {"text": "Mine", "key": "key-of-one"}
    async with running_hub(), typed_socket(SECRET) as here:
        answers = [
            await here.ask(
                action, **{name: value for name, value in {**said, **place}.items() if name in fields}
            )
            for place in (never, theirs)
        ]

    assert [code_of(answer) for answer in answers] == ["absent", "absent"]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("action", ["send", "stop", "regenerate", "edit", "continue"])
async def test_a_token_that_reads_changes_nothing(action, stopped, asker):
    await in_database(TokenFactory)(user=asker, secret="colloquy_reads", scope=Scope.READ)
    where = {"conversation_id": str(stopped.conversation_id), "message_id": str(stopped.pk)}
    fields = socket_module.ProgramConsumer.kinds[action].model_fields["payload"].annotation.model_fields
    said = {"text": "Mine", "key": "key-of-one", **where}
    async with running_hub(), typed_socket("colloquy_reads") as here:
        answer = await here.ask(action, **{name: value for name, value in said.items() if name in fields})

    assert code_of(answer) == "read_only"
    assert await in_database(Message.objects.count)() == 2


@pytest.mark.parametrize("text", ["x", "[]", "null", "5", '"ping"', "{", "NaN", "[" * 100_000, "9" * 5_000])
async def test_what_is_no_message_is_refused_and_the_socket_stays_open(text):
    async with running_hub(), typed_socket(SECRET) as here:
        await here.send(text)

        assert code_of(await here.answer()) == "malformed"
        assert (await here.ask("ping"))["action"] == "pong"


@pytest.mark.parametrize("action", ["", "PING", "nope", "__class__", "disconnect", "snapshot", "\ud800"])
async def test_what_is_no_action_is_refused(action):
    async with running_hub(), typed_socket(SECRET) as here:
        answer = await here.ask(action, key="key-of-one")

    assert code_of(answer) == "unknown_action"
    assert answer["payload"]["key"] == "key-of-one"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("conversation_id", None, "invalid"), ("conversation_id", {"$ne": None}, "invalid"),
        ("conversation_id", 7, "invalid"), ("text", 1, "not_text"), ("text", " ", "blank"),
        ("text", "x" * 200_001, "too_long"), ("key", "short", "invalid"), ("key", 7, "invalid"),
        ("model", "../../etc/passwd", "no_such_model"), ("temperature", 1e308, "unknown"),
        ("base_url", "http://127.0.0.1/", "unknown"), ("\ud800", 1, "unknown"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_told_by_field(conversation, field, value, code):
    said = {"conversation_id": str(conversation.pk), "text": "Why?", "key": key()}
    async with running_hub(), typed_socket(SECRET) as here:
        answer = await here.ask("send", **{**said, field: value})

    assert code_of(answer) == "invalid"
    assert [error["code"] for error in answer["payload"]["errors"]] == [code]


async def test_a_malformed_position_is_told(reply):
    async with running_hub(), typed_socket(SECRET) as here:
        answer = await here.ask("subscribe", conversation_id=str(reply.conversation_id), position="x")

    assert answer["payload"]["errors"][0]["field"] == "position"


async def test_a_binary_frame_is_refused():
    async with running_hub(), typed_socket(SECRET) as here:
        await here.socket.send_to(bytes_data=b"{}")

        assert code_of(await here.answer()) == "malformed"


async def test_no_secret_and_no_content_gets_into_the_log(reply, caplog, capfd):
    caplog.set_level("DEBUG")
    async with running_hub(), typed_socket(SECRET) as here:
        await here.send('{"action": "ping", "payload": {"secret": "planted"')
        await here.ask("send", conversation_id="planted", text=["planted"], key=SECRET)
        await here.ask("send", conversation_id=str(reply.conversation_id), text="planted", key=key())

    logged = caplog.text + "".join(capfd.readouterr())
    assert "planted" not in logged
    assert SECRET not in logged


@pytest.mark.parametrize("token", ["", "colloquy_unknown", "x y", "\x7f"])
async def test_nobody_is_let_in(token):
    opened = TypedSocket(token or "-", origin=ELSEWHERE)
    assert await opened.opened()

    assert await opened.closed() == SIGNED_OUT


async def test_a_ticket_opens_one_socket_from_anywhere():
    ticket = await in_database(lambda: issue_ticket(by_token(SECRET)))()
    async with running_hub(), typed_socket(ticket=ticket, origin=ELSEWHERE) as here:
        assert (await here.ask("ping"))["action"] == "pong"

    again = TypedSocket(ticket=ticket, origin=OURS)
    assert await again.opened()
    assert await again.closed() == SIGNED_OUT


async def test_a_session_opens_sockets_for_pages_of_ours(asker):
    session = await in_database(session_of)(asker)
    async with running_hub(), typed_socket(session=session, origin=OURS) as here:
        assert (await here.ask("ping"))["action"] == "pong"


@pytest.mark.parametrize("origin", ["", "null", ELSEWHERE, f"{OURS}.evil.test", "http://evil" + OURS[7:]])
async def test_a_session_opens_none_for_other_pages(origin, asker):
    session = await in_database(session_of)(asker)

    assert not await TypedSocket(session=session, origin=origin).opened()


async def test_a_token_counts_before_a_session(asker):
    session = await in_database(session_of)(asker)
    opened = TypedSocket("colloquy_unknown", session=session, origin=OURS)
    assert await opened.opened()

    assert await opened.closed() == SIGNED_OUT


async def test_a_revoked_token_closes_its_sockets(asker, token):
    async with running_hub(), typed_socket(SECRET) as here:
        await here.ask("ping")
        await in_database(tokens.revoke)(asker, token.pk)

        assert await here.closed() == SIGNED_OUT


async def test_whoever_signs_out_everywhere_closes_all(asker):
    async with running_hub(), typed_socket(SECRET) as here:
        await here.ask("ping")
        await in_database(publish)(AccessEnded(user_id=asker.pk))

        assert await here.closed() == SIGNED_OUT


async def test_a_revocation_of_which_nobody_told_is_found(monkeypatch):
    monkeypatch.setattr(pump, "HEARTBEAT", 0.01)
    async with running_hub(), typed_socket(SECRET) as here:
        await here.ask("ping")
        await in_database(lambda: Token.objects.all().delete())()

        assert await here.closed() == SIGNED_OUT


async def test_a_socket_that_follows_nothing_comes_back_when_the_process_ends(monkeypatch):
    async with running_hub(), typed_socket(SECRET) as here:
        await here.ask("ping")
        monkeypatch.setattr(hub, "draining", True)
        hub.drain()

        assert await here.closed() == RESTART


async def test_it_comes_back_when_the_database_is_away(monkeypatch):
    def away(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(socket_module, "access_by", away)
    opened = TypedSocket(SECRET)
    assert await opened.opened()

    assert await opened.closed() == RESTART


async def test_what_cannot_be_stored_is_told_as_such(conversation, monkeypatch):
    def away(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(socket_module, "_granted", away)
    async with running_hub(), typed_socket(SECRET) as here:
        said = {"conversation_id": str(conversation.pk), "text": "Why?", "key": key()}

        assert code_of(await here.ask("send", **said)) == "unavailable"


async def test_a_fault_of_ours_is_told_without_its_reason(conversation, monkeypatch, caplog):
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(socket_module, "_granted", fail)
    async with running_hub(), typed_socket(SECRET) as here:
        said = {"conversation_id": str(conversation.pk), "text": "Why?", "key": key()}

        assert code_of(await here.ask("send", **said)) == "internal"


async def test_nothing_stays_behind_a_program_that_goes(reply):
    async with running_hub():
        async with typed_socket(SECRET) as here:
            await here.ask("subscribe", conversation_id=str(reply.conversation_id))
            await here.ask("subscribe_list")
            assert hub.watched == 2

        assert not hub.watched
        assert not hub.waiting
        assert not limits.programs._taken
        assert not any(topic.startswith("user") for topic in mailbox._listeners)


async def test_what_was_asked_for_is_done_though_the_program_goes(conversation):
    async with running_hub():
        here = TypedSocket(SECRET)
        await here.opened()
        await here.say("send", conversation_id=str(conversation.pk), text="Why?", key=key())
        await here.close()

    assert await in_database(Message.objects.count)() == 2


async def test_a_person_has_so_many_sockets_at_once(monkeypatch):
    monkeypatch.setattr(limits.programs, "_most", 1)
    async with running_hub(), typed_socket(SECRET) as here:
        await here.ask("ping")
        another = TypedSocket(SECRET)
        await another.opened()

        assert await another.closed() == TOO_MANY
        assert (await here.ask("ping"))["action"] == "pong"


async def test_a_socket_follows_so_many_conversations(monkeypatch, reply, ask):
    monkeypatch.setattr(socket_module, "MOST_FOLLOWED", 1)
    other = await in_database(ask)("What?")
    async with running_hub(), typed_socket(SECRET) as here:
        await here.ask("subscribe", conversation_id=str(reply.conversation_id))

        assert code_of(await here.ask("subscribe", conversation_id=str(other.conversation_id))) == "too_many"
        assert (await here.ask("subscribe", conversation_id=str(reply.conversation_id)))[
            "action"
        ] == "subscribed"


async def test_too_many_messages_are_refused_and_then_the_socket_is_closed(monkeypatch):
    monkeypatch.setattr(limits, "messages", limits.Allowance(3, 0))
    monkeypatch.setattr(throttling, "MOST_REFUSED", 2)
    async with running_hub(), typed_socket(SECRET) as here:
        for _ in range(6):
            await here.say("ping")

        assert await here.closed() == TOO_MANY
    assert [m["action"] for m in here.heard] == ["pong"] * 3 + ["error"] * 2


async def test_too_many_changes_are_refused(conversation, monkeypatch):
    monkeypatch.setattr("apps.api.throttling.WRITES", 1)
    async with running_hub(), typed_socket(SECRET) as here:
        said = {"conversation_id": str(conversation.pk), "text": "Why?"}
        await here.ask("send", **said, key=key())

        assert code_of(await here.ask("send", **said, key=key())) == "too_many"


async def test_a_socket_that_goes_on_to_change_too_much_is_closed(stopped, monkeypatch):
    monkeypatch.setattr(throttling, "WRITES", 0)
    monkeypatch.setattr(throttling, "MOST_REFUSED", 2)
    where = {"conversation_id": str(stopped.conversation_id), "message_id": str(stopped.pk)}
    async with running_hub(), typed_socket(SECRET) as here:
        answers = [await here.ask("continue", **where) for _ in range(2)]
        await here.say("continue", **where)

        assert await here.closed() == TOO_MANY
    assert [code_of(answer) for answer in answers] == ["too_many"] * 2


async def test_a_socket_that_is_refused_now_and_then_stays_open(stopped, monkeypatch):
    monkeypatch.setattr(throttling, "WRITES", 0)
    monkeypatch.setattr(throttling, "MOST_REFUSED", 2)
    monkeypatch.setattr(throttling, "REFUSED_WITHIN", 0)
    where = {"conversation_id": str(stopped.conversation_id), "message_id": str(stopped.pk)}
    async with running_hub(), typed_socket(SECRET) as here:
        answers = [await here.ask("continue", **where) for _ in range(5)]

    assert [code_of(answer) for answer in answers] == ["too_many"] * 5


async def test_a_program_that_takes_nothing_in_is_waited_for_and_then_dropped(reply, monkeypatch):
    monkeypatch.setattr(pump, "PATIENCE", 0.05)
    monkeypatch.setattr(pump, "LOOK_EVERY", 0.01)
    async with running_hub(), typed_socket(SECRET, unsent=lambda: pump.MOST_UNDER_WAY + 1) as here:
        await here.say("subscribe", conversation_id=str(reply.conversation_id))

        assert await here.closed() == TOO_SLOW
    assert [message["action"] for message in here.heard] == ["subscribed"]


async def test_a_program_that_lags_is_told_once_it_has_taken_in_what_it_was(reply, monkeypatch):
    monkeypatch.setattr(pump, "LOOK_EVERY", 0.01)
    unsent = [pump.MOST_UNDER_WAY + 1]
    async with running_hub(), typed_socket(SECRET, unsent=lambda: unsent[0]) as here:
        await here.ask("subscribe", conversation_id=str(reply.conversation_id))
        await asyncio.sleep(0)
        assert len(here.heard) == 1
        unsent[0] = 0

        assert (await here.next())["action"] == "snapshot"
