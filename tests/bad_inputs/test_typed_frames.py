"""Group ws_frame, at the door for programs."""

import json
import uuid
from typing import Any

import pytest

from tests.bad_inputs.people import Person
from tests.support.websocket import BINARY, CONTINUATION, PING, TEXT, Closed, connect

ABSENT = str(uuid.UUID(int=0))
MALFORMED = {
    "empty": "",
    "blank": " ",
    "half": '{"action": "send", ',
    "plain text": "not json",
    "null": "null",
    "number": "42",
    "text": '"ping"',
    "list": "[]",
    "list of messages": '[{"action": "ping"}]',
    "not a number": '{"action": "ping", "payload": {"n": NaN}}',
    "infinity": '{"action": "ping", "n": Infinity}',
    "deep": "[" * 100_000,
    "deep object": '{"action":' * 50_000,
    "digits": '{"action": ' + "9" * 5_000 + "}",
    "byte order mark": '\ufeff{"action": "ping"}',
    "single quotes": "{'action': 'ping'}",
    "trailing comma": '{"action": "ping",}',
    "comment": '{"action": "ping"/**/}',
    "two": '{"action": "ping"} {}',
}
NO_ACTIONS: dict[str, Any] = {
    "nothing": {},
    "null": {"action": None},
    "number": {"action": 1},
    "list": {"action": ["send"]},
    "object": {"action": {"a": 1}},
    "unknown": {"action": "nope"},
    "attribute": {"action": "__class__"},
    "method": {"action": "disconnect"},
    "handler": {"action": "handle_ping"},
    "another case": {"action": "PING"},
    "space": {"action": "ping "},
    "event": {"action": "snapshot"},
    "as the page says it": {"command": "send"},
}
INVALID: dict[str, Any] = {
    "no payload": {"action": "send"},
    "payload is null": {"action": "send", "payload": None},
    "payload is a list": {"action": "send", "payload": ["text"]},
    "another member": {"action": "ping", "payload": {}, "topic": "x"},
    "another field": {"action": "ping", "payload": {"n": 1}},
    "half a name": {"action": "ping", "payload": {"\ud800": 1}},
    "half a member": {"action": "ping", "\ud800": 1},
    "twenty thousand fields": {"action": "ping", "payload": dict.fromkeys(map(str, range(20_000)), 1)},
}
WRONG: dict[str, dict[str, Any]] = {
    "text is a number": {"text": 1},
    "text is an object": {"text": {"a": 1}},
    "text is true": {"text": True},
    "text is blank": {"text": " \u200b"},
    "text is long": {"text": "x" * 200_001},
    "no conversation": {"conversation_id": None},
    "operator": {"conversation_id": {"$ne": None}},
    "path": {"conversation_id": "../" + ABSENT},
    "SQL": {"conversation_id": "' OR 1=1 --"},
    "short key": {"key": "1234567"},
    "long key": {"key": "k" * 100_000},
    "key with a line end": {"key": "12345678\n"},
    "unknown model": {"model": "../../etc/passwd"},
    "temperature": {"temperature": 1e308},
    "very many tokens": {"max_tokens": 10**12},
    "attachment": {"attachments": [{"url": "http://169.254.169.254/"}]},
    "another server": {"base_url": "http://127.0.0.1:6379/"},
    "another owner": {"owner": 1},
    "foreign parent": {"parent_id": ABSENT},
}


@pytest.mark.parametrize("frame", MALFORMED.values(), ids=MALFORMED)
async def test_what_is_no_message_is_answered_and_the_socket_stays_open(frame: str, alice: Person) -> None:
    async with alice.program() as program:
        await program.socket.send(frame)

        assert (await program.next())["payload"]["code"] == "malformed"
        assert (await program.ask("ping"))["action"] == "pong"


@pytest.mark.parametrize("values", NO_ACTIONS.values(), ids=NO_ACTIONS)
async def test_what_is_no_action_is_answered(values: Any, alice: Person) -> None:
    async with alice.program() as program:
        await program.socket.send(json.dumps({**values, "payload": {"key": "key-of-one"}}))

        assert (await program.answer("key-of-one"))["payload"]["code"] == "unknown_action"


@pytest.mark.parametrize("values", INVALID.values(), ids=INVALID)
async def test_what_is_no_such_message_is_answered(values: Any, alice: Person) -> None:
    async with alice.program() as program:
        await program.socket.send(json.dumps(values))

        assert (await program.next())["payload"]["code"] == "invalid"
        assert (await program.ask("ping"))["action"] == "pong"


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_wrong_message_is_refused_and_nothing_is_stored(wrong: dict[str, Any], alice: Person) -> None:
    async with alice.program() as program:
        conversation = await program.begun()
        said = {"conversation_id": conversation, "text": "hi", "key": "key-of-one", **wrong}
        await program.socket.send(json.dumps({"action": "send", "payload": said}))

        assert (await program.next())["payload"]["code"] == "invalid"
    assert alice.messages(conversation) == []


async def test_half_a_character_is_dropped_as_everywhere(alice: Person) -> None:
    async with alice.program() as program:
        conversation = await program.begun()
        answer = await program.ask("send", conversation_id=conversation, text="a\ud800b")

    assert answer["action"] == "accepted"
    assert alice.sources(conversation, "user") == ["ab"]


@pytest.mark.parametrize("action", ["subscribe", "send", "stop", "regenerate", "edit", "continue"])
async def test_conversation_of_somebody_else_is_absent(action: str, alice: Person, bob: Person) -> None:
    message = bob.messages(bob.conversation)[-1].id
    told = []
    async with alice.program() as program:
        for conversation, of in ((bob.conversation, message), (str(uuid.uuid4()), str(uuid.uuid4()))):
            said = {"conversation_id": conversation, "message_id": of, "text": "mine", "key": "key-of-one"}
            takes = {
                "subscribe": ("conversation_id", "key"),
                "send": ("conversation_id", "text", "key"),
                "edit": ("conversation_id", "message_id", "text", "key"),
            }.get(action, ("conversation_id", "message_id", "key"))
            told.append(await program.ask(action, **{name: said[name] for name in takes}))

    assert told[0] == told[1]
    assert told[0]["payload"]["code"] == "absent"


async def test_message_in_many_frames_is_one(alice: Person) -> None:
    async with alice.program() as program:
        conversation = await program.begun()
        said = {"conversation_id": conversation, "text": "ä😀", "key": "in-pieces"}
        encoded = json.dumps({"action": "send", "payload": said}, ensure_ascii=False).encode()
        for start, byte in enumerate(encoded):
            await program.socket.send_frame(CONTINUATION if start else TEXT, bytes([byte]), final=False)
            await program.socket.send_frame(PING)
        await program.socket.send_frame(CONTINUATION)
        await program.answer("in-pieces")

    assert alice.sources(conversation, "user") == ["ä😀"]


async def test_binary_frame_is_answered(alice: Person) -> None:
    async with alice.program() as program:
        await program.socket.send(b"\x00\xff\x10")

        assert (await program.next())["payload"]["code"] == "malformed"


@pytest.mark.parametrize(
    ("opcode", "payload", "codes"),
    [
        (TEXT, b"\xff\xfe", {1007}),
        (3, b"x", {1002}),
        (CONTINUATION, b"a", {1002}),
        (PING, b"p" * 126, {1002}),
        (BINARY | 0x40, b"", {1002}),
        (8, b"\x03", {1002, 1006}),
    ],
)
async def test_broken_frame_closes_its_socket_alone(
    opcode: int, payload: bytes, codes: set[int], alice: Person
) -> None:
    async with alice.program() as other:
        async with connect(f"{alice.base_url}/ws/v1/", cookie=alice.cookie) as socket:
            await socket.send_frame(opcode, payload)
            with pytest.raises(Closed) as closed:
                await socket.receive()
        assert (await other.ask("ping"))["action"] == "pong"

    assert closed.value.code in codes
