from typing import Any

import orjson
import pytest

from apps.llm.errors import BadResponse, CutOff, ErrorCode, ProviderError
from apps.llm.provider import FinishReason, Usage
from apps.llm.reader import MAX_BYTES_WITHOUT_TEXT
from apps.llm.responses import ResponseReader
from apps.llm.sse import Event
from tests.support.openai_responses import USAGE, delta, part

ID = "resp_1"


def event(data: object, name: bytes = b"") -> Event:
    return Event(name, data if isinstance(data, bytes) else orjson.dumps(data))


def about(kind: str, **response: object) -> dict[str, Any]:
    return {"type": f"response.{kind}", "response": {"id": ID, "model": "scripted-1", **response}}


def text_of(*events: object, reader: ResponseReader | None = None) -> str:
    reader = reader or ResponseReader("asked-for")
    return "".join(reader.read(event(data)) for data in events)


def failure(*events: object, name: bytes = b"") -> ErrorCode:
    reader = ResponseReader("asked-for")
    *before, last = [event(data, name) for data in events]
    for harmless in before:
        reader.read(harmless)
    with pytest.raises(ProviderError) as caught:
        reader.read(last)
    return caught.value.code


def test_a_whole_response_is_text_finish_and_usage() -> None:
    reader = ResponseReader("asked-for")

    text = text_of(
        about("created"), delta("Be"), delta("cause."), about("completed", usage=USAGE), reader=reader
    )

    assert (text, reader.response_id, reader.over) == ("Because.", ID, True)
    finish = reader.finish()
    assert (finish.reason, finish.usage, finish.model_name) == (
        FinishReason.STOP,
        Usage(12, 34),
        "scripted-1",
    )


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("max_output_tokens", FinishReason.LENGTH),
        ("content_filter", FinishReason.CONTENT_FILTER),
        ("steered", FinishReason.LENGTH),
        (["nonsense"], FinishReason.LENGTH),
    ],
)
def test_an_incomplete_response_says_why(reason: object, expected: FinishReason) -> None:
    reader = ResponseReader("asked-for")

    text_of(delta("Be"), about("incomplete", incomplete_details={"reason": reason}), reader=reader)

    assert reader.finish().reason == expected


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"code": "rate_limit_exceeded", "message": "Slow down"}, ErrorCode.RATE_LIMITED),
        ({"code": "server_error", "message": "Oops"}, ErrorCode.UNAVAILABLE),
        ({"code": "invalid_prompt", "message": "flagged as violating our usage policy"}, ErrorCode.REFUSED),
        ({"code": "bio_policy", "message": "no"}, ErrorCode.REFUSED),
        ({"code": "context_length_exceeded", "message": "long"}, ErrorCode.CONTEXT_TOO_LONG),
        (None, ErrorCode.UNAVAILABLE),
        (["nonsense"], ErrorCode.UNAVAILABLE),
    ],
)
def test_a_failed_response_has_one_of_our_codes(error: object, code: ErrorCode) -> None:
    assert failure(about("failed", error=error)) == code


@pytest.mark.parametrize("name", [b"", b"error"])
def test_an_error_event_has_one_of_our_codes(name: bytes) -> None:
    assert (
        failure({"type": "error", "code": "rate_limit_exceeded", "message": ""}, name=name) == "rate_limited"
    )


def test_an_error_object_without_a_type_is_an_error() -> None:
    assert failure({"error": {"code": 429, "message": "slow down"}}) == ErrorCode.RATE_LIMITED


def test_a_cancelled_response_is_cut_off() -> None:
    assert failure(about("cancelled")) == ErrorCode.CUT_OFF


def test_no_end_is_no_finish() -> None:
    reader = ResponseReader("asked-for")
    text_of(about("created"), delta("Be"), reader=reader)

    with pytest.raises(CutOff):
        reader.finish()


def test_a_refusal_is_text() -> None:
    assert (
        text_of({"type": "response.refusal.delta", "delta": "I would rather not."}) == "I would rather not."
    )


def test_nothing_behind_the_end_counts() -> None:
    reader = ResponseReader("asked-for")

    assert text_of(delta("Be"), about("completed"), delta("cause"), about("failed"), reader=reader) == "Be"
    assert reader.finish().reason == FinishReason.STOP


@pytest.mark.parametrize(
    "strange",
    [
        b"[DONE]",
        b" ",
        {},
        {"type": 7},
        {"type": "execute", "delta": "__pwn(1)"},
        {"type": "response.output_text.done", "text": "again"},
        {"type": "response.reasoning_text.delta", "delta": "Hm."},
        {"type": "response.output_text.delta", "delta": None},
        {"type": "response.output_text.delta", "delta": ["x"]},
        {"type": "response.created", "response": ["x"]},
        {"type": "response.in_progress", "response": {"id": 7, "model": {}, "usage": {"input_tokens": -1}}},
    ],
)
def test_what_is_not_text_adds_none(strange: object) -> None:
    assert text_of(strange, delta("Be"), strange, about("completed"), strange) == "Be"


@pytest.mark.parametrize("data", [b"{not json", b"[1, 2]", b"[" * 100_000])
def test_what_is_not_an_object_is_not_the_protocol(data: bytes) -> None:
    assert failure(delta("Be"), data) == ErrorCode.BAD_RESPONSE


def test_text_is_mended_across_events() -> None:
    high, low = (
        b'{"type":"response.output_text.delta","delta":"\\u%s"}' % half for half in (b"d83d", b"de00")
    )

    assert text_of(delta("a\0"), high, low, high, delta("b")) == "a😀b"


def test_endless_thinking_is_refused() -> None:
    reader, thought = ResponseReader("asked-for"), event({"type": "response.x", "data": "x" * (1 << 20)})

    for _ in range(MAX_BYTES_WITHOUT_TEXT // len(thought.data)):
        reader.read(thought)
    with pytest.raises(BadResponse):
        reader.read(thought)


@pytest.mark.parametrize("response_id", ["", "../models", "a/b", "x" * 481, "a b", "résp", 7, None])
def test_an_id_that_no_address_takes_is_none(response_id: object) -> None:
    reader = ResponseReader("asked-for")

    text_of(about("created", id=response_id), reader=reader)

    assert reader.response_id == ""


def test_the_first_id_counts() -> None:
    reader = ResponseReader("asked-for")

    text_of(about("created"), about("in_progress", id="resp_2"), reader=reader)

    assert reader.response_id == ID


def test_an_end_without_deltas_brings_the_whole_text() -> None:
    output = [{"type": "reasoning"}, part("Be"), part("cause.", "refusal", "refusal"), part("no", "image")]

    assert text_of(about("completed", output=output)) == "Because."
    assert text_of(delta("Be"), about("completed", output=output)) == "Be"


@pytest.mark.parametrize("output", [None, "x", [None], [{"content": "x"}], [{"content": [{"type": ["x"]}]}]])
def test_an_end_with_nonsense_for_text_brings_none(output: object) -> None:
    assert text_of(about("completed", output=output)) == ""


def test_a_snapshot_has_its_text_when_it_has_ended() -> None:
    reader = ResponseReader("asked-for")

    assert reader.read_snapshot({"id": ID, "status": "in_progress", "output": [part("Be")]}) == ""
    assert not reader.over
    assert reader.read_snapshot({"id": ID, "status": "completed", "output": [part("Because.")]}) == "Because."
    assert reader.finish().reason == FinishReason.STOP
