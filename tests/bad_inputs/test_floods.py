"""Group ws_flood, at both doors: how much one person may ask, and that nobody else waits for it."""

import asyncio
import json
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, AsyncExitStack
from typing import Any

import pytest

from apps.api.throttling import MOST_REFUSED
from apps.chat.queue import MOST_WAITING
from apps.live import limits
from tests.bad_inputs.people import Person
from tests.support.websocket import Closed, Refused, Socket, connect

TOO_MANY, SIGNED_OUT = 4029, 4001
FLOOD = 10_000
Undisturbed = Callable[[], AbstractContextManager[None]]


async def poured(socket: Socket, frame: str, times: int) -> tuple[list[str], int]:
    """What comes back of so many frames sent at once, and the code with which the server closes; 0 if not."""

    async def pour() -> None:
        try:
            for _ in range(times):
                await socket.send(frame)
        except (Closed, OSError):
            pass  # the other side says with which code

    pouring, heard = asyncio.create_task(pour()), []
    try:
        while True:
            heard.append(str(await socket.receive(within=5)))
    except Closed as closed:
        return heard, closed.code
    except TimeoutError:
        return heard, 0
    finally:
        pouring.cancel()


def actions(heard: list[str]) -> list[str]:
    return [json.loads(frame)["action"] for frame in heard]


async def test_flood_of_pings_is_refused_and_its_socket_closed(
    alice: Person, undisturbed: Undisturbed
) -> None:
    with undisturbed():
        async with alice.program() as program:
            heard, code = await poured(program.socket, '{"action": "ping"}', FLOOD)

    assert code == TOO_MANY
    assert actions(heard).count("error") == MOST_REFUSED
    assert limits.AT_ONCE <= actions(heard).count("pong") < 3 * limits.AT_ONCE


async def test_flood_on_a_page_closes_its_socket(alice: Person, undisturbed: Undisturbed) -> None:
    with undisturbed():
        async with connect(alice.socket_url(), cookie=alice.cookie) as socket:
            heard, code = await poured(socket, '{"command": "ping"}', FLOOD)

    assert code == TOO_MANY
    assert len(heard) < 3 * limits.AT_ONCE


async def test_flood_of_messages_leaves_few_that_wait_and_none_in_between(alice: Person) -> None:
    async with alice.program() as program:
        conversation = await program.begun()
        for number in range(200):
            said = {
                "conversation_id": conversation,
                "text": "!behaviour words 5000 20",
                "key": f"key-number-{number}",
            }
            await program.socket.send(json.dumps({"action": "send", "payload": said}))
        answers = [await program.answer(f"key-number-{number}") for number in range(200)]
        refused = {answer["payload"]["code"] for answer in answers if answer["action"] == "error"}
        accepted = [answer["payload"] for answer in answers if answer["action"] == "accepted"]
        running = next(payload["reply_id"] for payload in accepted if payload["reply_id"])
        for answer in accepted:
            if answer["queued"]:
                await withdrawn(alice, conversation, answer["queued"]["id"])
        await program.ask("stop", conversation_id=conversation, message_id=running)

    assert refused <= {"queue_full", "too_many"}
    assert len(accepted) <= MOST_WAITING + 1


async def withdrawn(person: Person, conversation: str, queued: str) -> None:
    await asyncio.to_thread(person.post, f"/c/{conversation}/withdraw/", queued=queued)


@pytest.mark.parametrize(
    ("door", "most", "waits"), [("/ws/", limits.PAGES, "here"), ("/ws/v1/", limits.PROGRAMS, "pong")]
)
async def test_person_has_so_many_sockets_and_others_have_theirs(
    door: str, most: int, waits: str, alice: Person, bob: Person
) -> None:
    ping = json.dumps({"action": "ping"} if door == "/ws/v1/" else {"command": "ping"})

    async def is_open(stack: AsyncExitStack, person: Person) -> bool:
        socket = await stack.enter_async_context(connect(person.base_url + door, cookie=person.cookie))
        await socket.send(ping)
        try:
            await socket.receive_until(lambda frame: waits in frame)
        except Closed as closed:
            return closed.code != TOO_MANY
        return True

    async with AsyncExitStack() as stack:
        opened = [await is_open(stack, alice) for _ in range(most + 20)]
        assert opened.count(True) == most
        assert await is_open(stack, bob)
    async with AsyncExitStack() as stack:
        assert await is_open(stack, alice)


@pytest.mark.parametrize("door", ["/ws/", "/ws/v1/"])
async def test_sockets_of_nobody_are_closed_at_once(
    door: str, alice: Person, undisturbed: Undisturbed
) -> None:
    async def code() -> int:
        try:
            async with connect(alice.base_url + door) as socket:
                await socket.receive()
        except Closed as closed:
            return closed.code
        except Refused:
            return SIGNED_OUT
        return 0

    with undisturbed():
        for _ in range(10):
            assert set(await asyncio.gather(*(code() for _ in range(50)))) == {SIGNED_OUT}


async def test_one_key_over_many_sockets_is_one_message(alice: Person) -> None:
    key = str(uuid.uuid4())
    async with AsyncExitStack() as stack:
        programs = [await stack.enter_async_context(alice.program()) for _ in range(10)]
        conversation = await programs[0].begun()

        async def repeat(program: Any) -> set[str]:
            said = {"conversation_id": conversation, "text": "hi", "key": key}
            answers = [await program.ask("send", **said) for _ in range(10)]
            return {json.dumps(answer) for answer in answers}

        told = set.union(*await asyncio.gather(*(repeat(program) for program in programs)))

    assert len(told) == 1
    assert json.loads(told.pop())["action"] == "accepted"
    assert alice.sources(conversation, "user") == ["hi"]
    assert len(alice.messages(conversation)) == 2


async def test_storm_of_stops_comes_to_one_end(alice: Person) -> None:
    async with alice.program() as program:
        conversation = await program.begun()
        sent = await program.ask("send", conversation_id=conversation, text="!behaviour words 5000 20")
        where = {"conversation_id": conversation, "message_id": sent["payload"]["reply_id"]}
        for number in range(500):
            said = {**where, "key": f"key-number-{number}"}
            await program.socket.send(json.dumps({"action": "stop", "payload": said}))
        answers = [await program.next() for _ in range(500)]  # in any order: a stop waits for none

    assert {answer["action"] for answer in answers} == {"accepted"}
    assert len({answer["payload"]["key"] for answer in answers}) == 500
