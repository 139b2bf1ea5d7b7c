import json
import uuid

import pytest

from apps.web.commands import COMMANDS, is_quiet
from tests.bad_inputs.people import Person, Verdict, rejection_in
from tests.support.websocket import BINARY, CONTINUATION, PING, TEXT, Closed, Refused, connect

MARKER = json.dumps({"command": "nothing", "key": "the-marker"})
ABSENT = str(uuid.UUID(int=0))
PROTOCOL_ERROR, NOT_UTF8 = 1002, 1007
SIGNED_OUT, BAD_REQUEST, NOT_FOUND = 4001, 4400, 4404
NOT_COMMANDS = {
    "empty": "",
    "blank": " ",
    "half": '{"command": "send", ',
    "list": "[]",
    "null": "null",
    "number": "1e999",
    "not a number": "NaN",
    "text": '"send"',
    "deep": "[" * 100_000,
    "deep object": '{"command":' * 50_000,
    "digits": '{"command": ' + "9" * 5_000 + "}",
    "nothing": "{}",
    "null command": '{"command": null}',
    "list as command": '{"command": ["send"]}',
    "object as command": '{"command": {"send": 1}}',
    "number as command": '{"command": 0}',
    "another case": '{"command": "SEND"}',
    "attribute": '{"command": "__class__"}',
    "duplicate names": '{"command": "send", "command": "nothing"}',
    "trailing": '{"command": "stop"} {}',
    "many names": json.dumps(dict.fromkeys(map(str, range(20_000)), 1)),
}
NOT_KEYS = {
    "absent": None,
    "short": "1234567",
    "long": "k" * 65,
    "longest and a line end": "k" * 64 + "\n",
    "line end": "12345678\n",
    "huge": "k" * 1_000_000,
    "markup": '"><script>__pwn(1)</script>',
    "number": 1234567890,
    "true": True,
    "list": ["12345678"],
    "NUL": "12345678\0",
    "half": "12345678\ud800",
}
NOT_IDS = {
    "absent": None,
    "nothing": "",
    "number": 7,
    "list": [ABSENT],
    "object": {"id": ABSENT},
    "short": ABSENT[:-1],
    "long": ABSENT + "0",
    "path": "../" + ABSENT,
    "SQL": "' OR 1=1 --",
    "half": "\ud800",
}
NOT_TEXTS = {"null": None, "true": True, "zero": 0, "fraction": 0.5, "list": ["a"], "object": {"a": "b"}}
POSITIONS = {
    "conversation=nonsense": BAD_REQUEST,
    f"conversation={ABSENT}": NOT_FOUND,
    "rev=-1": BAD_REQUEST,
    "rev=x": BAD_REQUEST,
    "rev=1e3": BAD_REQUEST,
    f"rev={2**63}": BAD_REQUEST,
    f"rev={'9' * 5000}": BAD_REQUEST,
    f"account_rev={2**64}": BAD_REQUEST,
    "rev=%00": BAD_REQUEST,
    "rev=%ff": BAD_REQUEST,
    "&&==": BAD_REQUEST,
}


@pytest.mark.parametrize("frame", NOT_COMMANDS.values(), ids=NOT_COMMANDS)
async def test_what_is_no_command_is_answered_and_the_socket_stays_open(frame: str, alice: Person) -> None:
    async with alice.page() as page:
        await page.socket.send(frame)
        await page.socket.send(MARKER)
        answer = await page.until("the-marker")

    assert rejection_in(answer) == "invalid"


async def test_binary_frame_is_no_command(alice: Person) -> None:
    async with alice.page() as page:
        await page.socket.send(json.dumps({"command": "nothing", "key": "in-binary"}).encode())
        await page.socket.send(MARKER)
        answer = await page.until("the-marker")

    assert "in-binary" not in answer


@pytest.mark.parametrize("key", NOT_KEYS.values(), ids=NOT_KEYS)
async def test_message_without_a_key_of_ours_is_refused(key: object, alice: Person) -> None:
    values = {"command": "send", "conversation": str(uuid.uuid4()), "text": "a", "key": key}
    async with alice.page() as page:
        await page.socket.send(json.dumps(values))
        await page.socket.send(MARKER)
        answer = await page.until("the-marker")

    assert rejection_in(answer) in {"invalid", "blank", "not_text", "too_long"}
    assert "<script" not in answer
    assert alice.get(f"/c/{values['conversation']}/").status_code == 404


@pytest.mark.parametrize("key", [key for key in NOT_KEYS.values() if isinstance(key, str)])
def test_form_without_a_key_of_ours_is_refused(key: str, alice: Person) -> None:
    answer = alice.post(f"/c/{uuid.uuid4()}/send/", text="a", key=key.replace("\ud800", "\0")[:1000])

    assert answer.status_code == 422
    assert "<script>__pwn" not in answer.text


@pytest.mark.parametrize("conversation", NOT_IDS.values(), ids=NOT_IDS)
async def test_message_to_no_conversation_is_refused(conversation: object, alice: Person) -> None:
    async with alice.page() as page:
        answer = await page.ask("send", conversation=conversation, text="a")

    assert rejection_in(answer)


@pytest.mark.parametrize("text", NOT_TEXTS.values(), ids=NOT_TEXTS)
async def test_message_that_is_no_text_is_refused(text: object, alice: Person) -> None:
    async with alice.page() as page:
        verdict = await page.send(text)

    assert verdict == Verdict(code="blank" if text is None else "not_text")


@pytest.mark.parametrize("command", [name for name in COMMANDS if not is_quiet(name)])
async def test_conversation_of_somebody_else_is_absent(command: str, alice: Person, bob: Person) -> None:
    values = wish_about(bob)
    async with alice.page() as page:
        answers = [
            await page.ask(command, **values, conversation=conversation)
            for conversation in (bob.conversation, *[str(uuid.uuid4())] * (command != "send"))
        ]

    assert {rejection_in(answer) for answer in answers} == {"absent"}
    assert alice.post(f"/c/{bob.conversation}/{command}/", key="12345678", **values).status_code == 404


@pytest.mark.parametrize("command", [name for name in COMMANDS if is_quiet(name)])
def test_what_pages_do_by_themselves_is_refused_elsewhere(command: str, alice: Person, bob: Person) -> None:
    assert alice.post(f"/c/{bob.conversation}/{command}/", **wish_about(bob)).status_code == 404


def wish_about(person: Person) -> dict[str, str]:
    """All that any command asks for beside the conversation."""
    identifiers = {name: str(uuid.uuid4()) for name in ("queued", "draft")}
    message = person.messages(person.conversation)[-1].id
    values = {"text": "a", "title": "mine", "rev": "1", "version": "1", "model": "scripted-1"}
    return {**values, "message": message, **identifiers}


async def test_same_key_stores_a_message_once(alice: Person) -> None:
    async with alice.page() as page:
        for text in ("first", "second"):
            await page.ask("send", key="the-same-key", text=text)

    assert alice.sources(page.conversation, "user") == ["first"]


async def test_message_in_many_frames_is_one(alice: Person) -> None:
    command = {"command": "send", "conversation": str(uuid.uuid4()), "key": "in-pieces", "text": "ä😀"}
    encoded = json.dumps(command, ensure_ascii=False).encode()
    async with alice.page() as page:
        for start, byte in enumerate(encoded):
            await page.socket.send_frame(CONTINUATION if start else TEXT, bytes([byte]), final=False)
            await page.socket.send_frame(PING)
        await page.socket.send_frame(CONTINUATION)
        await page.until('data-key="in-pieces"')

    assert alice.sources(command["conversation"], "user") == ["ä😀"]


@pytest.mark.parametrize(
    ("opcode", "payload", "code"),
    [
        (TEXT, b"\xff\xfe", NOT_UTF8),
        (TEXT, b"\xed\xa0\x80", NOT_UTF8),
        (3, b"", PROTOCOL_ERROR),
        (CONTINUATION, b"a", PROTOCOL_ERROR),
        (PING, b"p" * 126, PROTOCOL_ERROR),
        (BINARY | 0x40, b"", PROTOCOL_ERROR),
    ],
)
async def test_broken_frame_closes_its_socket_alone(
    opcode: int, payload: bytes, code: int, alice: Person
) -> None:
    async with alice.page() as other:
        assert await alice.close_code(payload, opcode) == code
        await other.ask("nothing")


@pytest.mark.parametrize(("position", "code"), POSITIONS.items())
async def test_impossible_position_closes_the_socket(position: str, code: int, alice: Person) -> None:
    async with connect(f"{alice.base_url}/ws/?{position}", cookie=alice.cookie) as socket:
        with pytest.raises(Closed) as closed:
            await socket.receive()

    assert closed.value.code == code


async def test_conversation_of_somebody_else_cannot_be_watched(alice: Person, bob: Person) -> None:
    async with connect(alice.socket_url(bob.conversation), cookie=alice.cookie) as socket:
        with pytest.raises(Closed) as closed:
            await socket.receive()

    assert closed.value.code == NOT_FOUND


async def test_position_ahead_of_the_store_is_shown_everything(alice: Person) -> None:
    conversation = str(uuid.uuid4())
    alice.send_by_form(conversation, "hello")

    async with connect(alice.socket_url(conversation, 2**63 - 1, 2**63 - 1), cookie=alice.cookie) as socket:
        await socket.receive_until(lambda frame: "message-user" in frame)


@pytest.mark.parametrize("cookie", ["", "sessionid=", "sessionid=0", "sessionid=" + "a" * 3000, "=;;=\x7f"])
async def test_nobody_is_sent_away(cookie: str, alice: Person) -> None:
    async with connect(alice.socket_url(), cookie=cookie) as socket:
        with pytest.raises(Closed) as closed:
            await socket.receive()

    assert closed.value.code == SIGNED_OUT


@pytest.mark.parametrize(
    "origin", ["", "null", "https://localhost", "http://localhost", "http://evil.test", "x"]
)
async def test_page_of_another_origin_opens_no_socket(origin: str, alice: Person) -> None:
    with pytest.raises(Refused) as refused:
        async with connect(alice.socket_url(), cookie=alice.cookie, origin=origin):
            pass

    assert refused.value.status in {400, 403}
