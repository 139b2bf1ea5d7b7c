import json
import threading
import uuid
from contextlib import AsyncExitStack
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connections

from apps.accounts import tokens
from apps.accounts.access import by_token, issue_ticket
from apps.accounts.models import Scope, Token, User
from apps.api import pump
from apps.bridge import in_database
from apps.chat import actions, queue
from apps.chat.models import Message, QueuedMessage, Status
from apps.events import mailbox
from apps.generation.settle import Outcome, settle
from apps.live import limits
from apps.live.hub import hub
from tests.api.test_feed import claim_one, finish, write
from tests.factories import ConversationFactory, TokenFactory
from tests.support.event_stream import Stream, stream
from tests.support.running import running_engine, running_hub
from tests.web.conftest import session_of

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "colloquy_of-a-program"
BEARER = {"authorization": f"Bearer {SECRET}"}


@pytest.fixture
def token(asker: User) -> Token:
    return TokenFactory(user=asker, secret=SECRET)


@pytest.fixture
def events(token: Token, reply: Message) -> str:
    """Where the conversation can be followed."""
    return f"/conversations/{reply.conversation_id}/events"


async def problem(path: str, **options: Any) -> tuple[int, str]:
    async with stream(path, **options) as refused:
        return refused.status, json.loads(await refused.text())["code"]


async def test_it_streams_what_is_there_and_what_comes(events, reply):
    async with running_hub(), stream(events, **BEARER) as here:
        (snapshot,) = await here.until("snapshot")
        claim = await claim_one()
        await here.until("streaming_start")
        await write(claim, 0, "Because")
        (piece,) = await here.until("streaming")
        await finish(claim, 7)
        await here.until("complete_streaming")

    assert [message["text"] for message in snapshot.payload["messages"]] == ["Why?", ""]
    assert (piece.payload["text"], piece.id) == ("Because", f"2,{reply.pk}=7")


async def test_nothing_on_its_way_keeps_it_back(events):
    async with (
        running_hub(),
        stream(events, accept="text/event-stream", accept_encoding="gzip", **BEARER) as here,
    ):
        assert here.status == 200
        assert await here.block() == "retry: 2000"

    assert here.headers["content-type"] == "text/event-stream"
    assert here.headers["cache-control"] == "no-cache, no-transform"
    assert here.headers["x-accel-buffering"] == "no"
    assert "content-length" not in here.headers
    assert "content-encoding" not in here.headers


async def test_it_goes_on_where_a_browser_says_it_was(events, reply):
    claim = await claim_one()
    await write(claim, 0, "Because of that")
    came_back = {"last_event_id": f"2,{reply.pk}=7", **BEARER}
    async with running_hub(), stream(f"{events}?position=0", **came_back) as here:
        event = await here.next()

    assert (event.name, event.payload["text"]) == ("streaming", " of that")


async def test_it_goes_on_where_the_address_says(events, reply):
    claim = await claim_one()
    await write(claim, 0, "Because of that")
    async with running_hub(), stream(f"{events}?position=2,{reply.pk}=7", **BEARER) as here:
        event = await here.next()

    assert event.payload["start"] == 7


async def test_the_list_is_streamed(token, reply):
    async with running_hub(), stream("/events?position=0", **BEARER) as here:
        event = await here.next()

    assert (event.name, event.id) == ("conversation", "1")
    assert event.payload["conversation"]["id"] == str(reply.conversation_id)


async def test_a_quiet_stream_says_that_it_is_there(events, monkeypatch):
    monkeypatch.setattr(pump, "HEARTBEAT", 0.01)
    async with running_hub(), stream(f"{events}?position=1", **BEARER) as here:
        while await here.block() != ": here":
            pass


@pytest.mark.parametrize("position", ["x", "-1", "1,2", "9" * 20])
async def test_what_is_no_position_is_refused(events, position):
    assert await problem(f"{events}?position={position}", **BEARER) == (422, "invalid")
    assert await problem(events, last_event_id=position, **BEARER) == (422, "invalid")


async def test_somebody_elses_conversation_is_as_absent_as_none(token):
    foreign = await in_database(ConversationFactory)()
    for pk in (foreign.pk, uuid.uuid4()):
        assert await problem(f"/conversations/{pk}/events", **BEARER) == (404, "absent")


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer colloquy_unknown"}])
async def test_nobody_is_streamed_nothing(events, headers):
    assert await problem(events, **headers) == (401, "unauthorized")
    assert await problem("/events", **headers) == (401, "unauthorized")


async def test_a_token_in_the_address_is_never_read(events):
    assert await problem(f"{events}?token={SECRET}") == (401, "unauthorized")


async def test_a_ticket_opens_one_stream_for_pages_of_any_origin(events, token):
    ticket = await in_database(lambda: issue_ticket(by_token(SECRET)))()
    async with running_hub(), stream(f"{events}?ticket={ticket}", origin="https://else.example") as here:
        await here.until("snapshot")

    assert here.headers["access-control-allow-origin"] == "*"
    assert await problem(f"{events}?ticket={ticket}") == (401, "unauthorized")


async def test_a_session_opens_streams_for_pages_of_ours_alone(reply, asker):
    session = await in_database(session_of)(asker)
    path = f"/conversations/{reply.conversation_id}/events"
    async with running_hub(), stream(path, cookie=f"sessionid={session}") as here:
        await here.until("snapshot")

    assert "access-control-allow-origin" not in here.headers


async def test_a_token_that_reads_is_enough(reply, asker):
    await in_database(TokenFactory)(user=asker, secret=SECRET, scope=Scope.READ)
    async with running_hub(), stream(f"/conversations/{reply.conversation_id}/events", **BEARER) as here:
        await here.until("snapshot")


async def test_a_revoked_token_ends_its_streams(events, token, asker):
    async with running_hub(), stream(events, **BEARER) as here:
        await here.until("snapshot")
        await in_database(tokens.revoke)(asker, token.pk)

        assert await here.rest() == []


async def test_a_token_of_which_nobody_told_ends_its_streams_too(events, token, monkeypatch):
    monkeypatch.setattr(pump, "HEARTBEAT", 0.01)
    async with running_hub(), stream(events, **BEARER) as here:
        await here.until("snapshot")
        await in_database(lambda: Token.objects.all().delete())()

        assert await here.rest() == []


async def test_a_deleted_conversation_ends_its_streams(events, reply, asker):
    async with running_hub(), stream(events, **BEARER) as here:
        await here.until("snapshot")
        await in_database(actions.delete)(asker, reply.conversation_id)

        assert [event.name for event in await here.rest()] == ["conversation_deleted"]


async def test_it_ends_when_the_process_does(events, monkeypatch):
    async with running_hub(), stream(events, **BEARER) as here:
        await here.until("snapshot")
        monkeypatch.setattr(hub, "draining", True)
        hub.drain()

        assert await here.rest() == []


async def test_nothing_stays_behind_a_client_that_goes(events):
    async with running_hub():
        async with stream(events, **BEARER) as here:
            await here.until("snapshot")
            assert hub.watched

        assert not hub.watched
        assert not hub.waiting
        assert not limits.programs._taken
        assert not any(topic.startswith("user") for topic in mailbox._listeners)


def held() -> tuple[int, int]:
    """Threads that live, and connections of the pool that somebody has taken out of it."""
    pool = getattr(connections["default"], "pool", None)
    stats = pool.get_stats() if pool else {}
    return threading.active_count(), stats.get("pool_size", 0) - stats.get("pool_available", 0)


async def test_open_streams_hold_no_connection_and_no_thread(events):
    async with running_hub(), AsyncExitStack() as stack:
        await (await stack.enter_async_context(stream(events, **BEARER))).until("snapshot")
        threads, taken = held()
        for _ in range(limits.PROGRAMS - 1):
            await (await stack.enter_async_context(stream(events, **BEARER))).until("snapshot")

        assert held()[0] <= threads + sum(settings.BRIDGE_THREADS.values())
        assert held()[1] <= taken + sum(settings.BRIDGE_THREADS.values())


async def test_it_ends_and_can_be_taken_up_when_the_database_goes_away(events, monkeypatch):
    def away(*_: object, **__: object) -> None:
        raise OperationalError

    async with running_hub(), stream(events, **BEARER) as here:
        await here.until("snapshot")
        monkeypatch.setattr("apps.api.feed.ConversationFeed.events", away)
        for mirror in hub._mirrors.values():
            mirror.tell()

        assert await here.rest() == []


async def test_a_person_has_so_many_streams_at_once(events, monkeypatch):
    monkeypatch.setattr(limits.programs, "_most", 1)
    async with running_hub(), stream(events, **BEARER) as here:
        await here.until("snapshot")

        assert await problem(events, **BEARER) == (429, "too_many")
        assert await problem("/events", **BEARER) == (429, "too_many")


async def test_a_client_that_takes_nothing_in_is_waited_for_and_then_dropped(events, monkeypatch):
    monkeypatch.setattr(pump, "PATIENCE", 0.05)
    monkeypatch.setattr(pump, "LOOK_EVERY", 0.01)
    here = Stream(events, unsent=lambda: pump.MOST_UNDER_WAY + 1, **BEARER)
    async with running_hub():
        await here.open()

        assert await here.rest() == []


async def test_a_fault_of_ours_ends_it_and_is_logged(events, monkeypatch, caplog):
    monkeypatch.setattr("apps.api.feed.ConversationFeed.join", lambda *_: 1 / 0)
    async with running_hub(), stream(events, **BEARER) as here:
        assert await here.rest() == []

    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]


async def test_head_is_no_stream(events):
    async with stream(events, method="HEAD", **BEARER) as here:
        assert here.status == 200
        assert await here.text() == ""


async def sent(conversation_id: uuid.UUID, **values: str) -> Stream:
    options = {"method": "POST", "body": {"text": "And then?", "key": "key-of-two", **values}}
    here = Stream(
        f"/conversations/{conversation_id}/messages", accept="text/event-stream", **options, **BEARER
    )
    await here.open()
    return here


async def test_a_message_is_answered_with_its_reply_as_a_stream(token, asker):
    conversation = await in_database(ConversationFactory)(owner=asker, model_name="demo")
    async with running_hub(), running_engine():
        here = await sent(conversation.pk)
        told = await here.rest()
    stored = await in_database(lambda: Message.objects.get(role="assistant"))()

    names = [event.name for event in told]
    assert here.status == 201
    assert here.headers["location"] == f"/api/v1/messages/{stored.pk}"
    assert (names[0], names[-1], set(names[1:-1])) == ("streaming_start", "complete_streaming", {"streaming"})
    assert "".join(event.payload["text"] for event in told[1:-1]) == stored.content
    assert told[-1].payload["message"]["status"] == "complete"


async def test_a_message_that_was_answered_before_is_answered_the_same(token, asker):
    conversation = await in_database(ConversationFactory)(owner=asker, model_name="demo")
    async with running_hub(), running_engine():
        first = await (await sent(conversation.pk)).rest()
        again = await sent(conversation.pk)
        told = await again.rest()

    assert again.status == 200
    assert [event.name for event in told] == ["streaming_start", "streaming", "complete_streaming"]
    assert told[1].payload["text"] == "".join(event.payload["text"] for event in first[1:-1])


async def test_a_message_that_waits_is_answered_in_its_turn(token, asker, reply):
    async with running_hub():
        claim = await claim_one()
        here = await sent(reply.conversation_id)
        await finish(claim, 0)
        second = await claim_one()
        await here.until("streaming_start")
        await in_database(settle)(second, Outcome(Status.STOPPED))
        told = await here.rest()

    assert here.status == 202
    assert [event.name for event in told] == ["complete_streaming"]
    assert told[0].payload["message"]["status"] == "stopped"


async def test_a_message_that_is_withdrawn_has_no_reply(token, asker, reply):
    async with running_hub():
        await claim_one()
        here = await sent(reply.conversation_id)
        waiting = await in_database(QueuedMessage.objects.get)()
        await in_database(queue.withdraw)(asker, reply.conversation_id, waiting.pk)

        assert await here.rest() == []


async def test_a_reply_on_another_branch_is_streamed_to_its_end(token, asker, reply):
    await in_database(lambda: Message.objects.filter(pk=reply.pk).update(status="complete", content="Be"))()
    async with running_hub():
        here = await sent(reply.conversation_id)
        claim = await claim_one()
        await here.until("streaming_start")
        question = await in_database(lambda: Message.objects.get(pk=claim.message_id).parent_id)()
        await in_database(actions.edit)(asker, reply.conversation_id, question, key="key-three", text="Else?")
        await write(claim, 0, "Because")
        await here.until("streaming")
        await finish(claim, 7)

        assert [event.name for event in await here.rest()] == ["complete_streaming"]


async def test_a_message_that_is_refused_is_told_as_ever(token, asker, reply):
    path = f"/conversations/{reply.conversation_id}/messages"
    options = {"method": "POST", "accept": "text/event-stream", **BEARER}

    assert await problem(path, body={"text": " "}, **options) == (422, "invalid")
    assert await problem(f"/conversations/{uuid.uuid4()}/messages", body={"text": "?"}, **options) == (
        404,
        "absent",
    )
