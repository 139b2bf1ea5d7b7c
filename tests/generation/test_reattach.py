import asyncio
from collections.abc import Iterator
from threading import Event as Gate

import pytest
from django.test import override_settings

from apps.bridge import in_database
from apps.chat import actions
from apps.chat.models import Chunk, Message, Status
from apps.chat.reading import whole_text
from apps.generation.engine import Engine
from apps.generation.models import Generation
from apps.llm import background, registry
from apps.llm.errors import ErrorCode
from apps.llm.parameters import GO_ON
from tests.support.openai_behaviours import REPLY
from tests.support.openai_scripts import ReceivedRequest
from tests.support.openai_server import OpenAIServer
from tests.support.running import DEADLINE, abandon, running_bus, running_engine

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def running_server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def server(running_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    """Serves the demo's name in the background."""
    running_server.forget()
    monkeypatch.setattr(background, "BACKOFF", 0.01)
    upstream = {"OPENAI_BASE_URL": running_server.base_url, "OPENAI_BACKGROUND": ("demo",)}
    registry._gateway.cache_clear()
    with override_settings(**upstream, OPENAI_MODELS=("demo",), OPENAI_PREFILL=()):
        yield running_server
    registry._gateway.cache_clear()


@in_database
def stored(reply: Message) -> tuple[str, str, str]:
    """Status, error and text."""
    now = Message.objects.get(pk=reply.pk)
    return now.status, now.error_code, whole_text(now)


@in_database
def references(reply: Message) -> list[str]:
    return list(
        Generation.objects.filter(message=reply).order_by("attempt").values_list("reference", flat=True)
    )


async def text_to_be(reply: Message, text: str) -> None:
    async with asyncio.timeout(DEADLINE):
        while (await stored(reply))[2] != text:  # noqa: ASYNC110  # the row changes in the database
            await asyncio.sleep(0.01)


async def reference_of(reply: Message) -> str:
    async with asyncio.timeout(DEADLINE):
        while not any(await references(reply)):  # noqa: ASYNC110  # the row changes in the database
            await asyncio.sleep(0.01)
    return (await references(reply))[0]


async def outcome(reply: Message) -> tuple[str, str, str]:
    async with asyncio.timeout(DEADLINE):
        while (await stored(reply))[0] in (Status.QUEUED, Status.STREAMING):  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.01)
    return await stored(reply)


async def die_in_mid_reply(reply: Message, *, text: str = "Be") -> None:
    """A worker writes that far and is killed."""
    engine = Engine()
    await engine.start()
    await (text_to_be(reply, text) if text else reference_of(reply))
    await abandon(engine)
    await registry.close_providers()


async def next_worker(reply: Message) -> tuple[str, str, str]:
    async with running_engine():
        ended = await outcome(reply)
    await registry.close_providers()
    return ended


def asked(server: OpenAIServer) -> list[ReceivedRequest]:
    """The requests that had a reply written; titles and cancellations are others."""
    begun = [r for r in server.requests if r.method == "POST" and r.path.endswith("/responses")]
    return [request for request in begun if not request.wants_title]


@pytest.mark.parametrize("finishes", ["before", "after"])
async def test_the_next_worker_goes_on_where_the_text_ends(reply, server, finishes):
    rest = Gate()
    server.responses.write("Be", rest, "cause", " of", " tides.")
    await die_in_mid_reply(reply)
    if finishes == "before":
        rest.set()
    taken_up = asyncio.create_task(next_worker(reply))
    await asyncio.to_thread(server.wait_for, lambda: server.requests[-1].method == "GET")
    rest.set()

    assert await taken_up == (Status.COMPLETE, "", "Because of tides.")
    assert len(asked(server)) == 1
    assert len(set(await references(reply))) == 1
    assert (await in_database(Message.objects.get)(pk=reply.pk)).attempt == 2


async def test_a_worker_that_dies_before_the_first_text_asks_nobody_twice(reply, server):
    rest = Gate()
    server.responses.write(rest, "Because.")
    await die_in_mid_reply(reply, text="")
    rest.set()

    assert await next_worker(reply) == (Status.COMPLETE, "", "Because.")
    assert len(asked(server)) == 1


async def test_many_workers_may_die(reply, server):
    gates = [Gate() for _ in range(4)]
    server.responses.write("a", gates[0], "b", gates[1], "c", gates[2], "d", gates[3], "e")
    for gate, text in zip(gates, ("a", "ab", "abc", "abcd"), strict=True):
        await die_in_mid_reply(reply, text=text)
        gate.set()

    assert await next_worker(reply) == (Status.COMPLETE, "", "abcde")
    assert len(asked(server)) == 1


async def test_a_shutdown_leaves_the_response_to_the_next_worker(reply, server):
    rest = Gate()
    server.responses.write("Be", rest, "cause.")
    async with running_engine():
        await text_to_be(reply, "Be")
    assert (await stored(reply))[0] == Status.QUEUED
    assert server.responses.cancelled == []
    rest.set()

    assert await next_worker(reply) == (Status.COMPLETE, "", "Because.")
    assert len(asked(server)) == 1


async def test_a_cut_connection_is_not_noticed_by_the_reader(reply, server):
    server.responses.cut(4, 8)

    assert await next_worker(reply) == (Status.COMPLETE, "", REPLY)
    assert len(asked(server)) == 1


@pytest.mark.parametrize("act", ["stop", "delete", "block"])
async def test_what_the_reader_ends_is_cancelled_upstream(asker, reply, server, act):
    server.responses.write("Be", Gate())
    async with running_bus(), running_engine():
        await text_to_be(reply, "Be")
        await in_database(ACTS[act])(asker, reply)

        assert (await outcome(reply))[0] == Status.STOPPED
        await asyncio.to_thread(server.wait_for, lambda: server.responses.cancelled)
    await registry.close_providers()

    assert await references(reply) == [f"0:{name}" for name in server.responses.cancelled]


def block(asker, reply):
    asker.is_active = False
    asker.save()


ACTS = {
    "stop": lambda asker, reply: actions.stop(asker, reply.conversation_id, reply.pk),
    "delete": lambda asker, reply: actions.delete(asker, reply.conversation_id),
    "block": block,
}


async def test_a_response_that_is_gone_without_text_is_asked_for_again(reply, server):
    server.responses.write(Gate())
    await die_in_mid_reply(reply, text="")
    server.responses.lose_all()

    assert await next_worker(reply) == (Status.COMPLETE, "", REPLY)
    assert len(asked(server)) == 2
    assert len(set(await references(reply))) == 2


async def test_a_response_that_is_gone_behind_text_is_left_to_the_reader(asker, reply, server):
    server.responses.write("Be", Gate())
    await die_in_mid_reply(reply)
    server.responses.lose_all()

    assert await next_worker(reply) == (Status.INTERRUPTED, ErrorCode.CUT_OFF, "Be")
    assert len(asked(server)) == 1

    server.responses.write("cause.")
    await in_database(actions.continue_reply)(asker, reply.conversation_id, reply.pk)

    assert await next_worker(reply) == (Status.COMPLETE, "", "Because.")
    assert [request.prompt for request in asked(server)] == ["Why?", GO_ON]


async def test_a_continued_reply_is_taken_up_as_exactly(asker, reply, server):
    await in_database(Message.objects.filter(pk=reply.pk).update)(content="Be", status=Status.INTERRUPTED)
    await in_database(actions.continue_reply)(asker, reply.conversation_id, reply.pk)
    rest = Gate()
    server.responses.write("ca", rest, "use.")
    await die_in_mid_reply(reply, text="Beca")
    rest.set()

    assert await next_worker(reply) == (Status.COMPLETE, "", "Because.")
    assert len(asked(server)) == 1


async def test_a_text_that_differs_is_left_as_it_is(reply, server):
    rest = Gate()
    server.responses.write("Be", rest, "cause.")
    await die_in_mid_reply(reply)
    await in_database(Chunk.objects.update)(text="To")
    rest.set()

    assert await next_worker(reply) == (Status.INTERRUPTED, ErrorCode.BAD_RESPONSE, "To")
    assert len(asked(server)) == 1
