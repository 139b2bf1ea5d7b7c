import asyncio
import logging
import traceback

import pytest

from apps.llm.errors import ErrorCode, ProviderError, TimedOut
from apps.llm.openai import GO_ON, OpenAIProvider
from apps.llm.provider import FinishReason, Turn, Usage, complete
from tests.llm.conftest import KEY, MakeProvider, ask, failure, first, read
from tests.support.openai_behaviours import BEHAVIOURS, REPLY
from tests.support.openai_failures import PWN, SECRET
from tests.support.openai_scripts import END, FIRST, HANG, Pause, Script, error, event, text
from tests.support.openai_server import OpenAIServer

PROVIDER_CODES = sorted({b.outcome for b in BEHAVIOURS.values()} - {"complete", "endless", "silent"})
WHOLE = [
    name
    for name, b in BEHAVIOURS.items()
    if b.outcome == "complete" and name not in ("late", "words", "no_done_and_open")  # those take their time
]
FAILING = [name for name, b in BEHAVIOURS.items() if b.outcome in PROVIDER_CODES]
SILENT = [name for name, b in BEHAVIOURS.items() if b.outcome == "silent"]
ENDLESS = [name for name, b in BEHAVIOURS.items() if b.outcome == "endless"]


@pytest.mark.parametrize("name", WHOLE)
async def test_an_unusual_but_whole_reply_finishes(
    name: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(*[name] * 2)

    _, finish = await read(provider, ask(max_tokens=100))

    assert finish is not None


@pytest.mark.parametrize("name", FAILING)
async def test_a_failure_has_one_of_our_codes(
    name: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(name)

    error = await failure(provider)

    assert error.code == BEHAVIOURS[name].outcome


@pytest.mark.parametrize("name", SILENT)
async def test_silence_times_out(name: str, server: OpenAIServer, impatient: OpenAIProvider) -> None:
    server.play(name)

    assert isinstance(await failure(impatient), TimedOut)
    await server.open_streams_to_be(0)


@pytest.mark.parametrize("name", ENDLESS)
async def test_an_endless_reply_can_be_left(
    name: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(name)

    text, finish = await read(provider, limit=5000)

    assert finish is None
    assert 5000 < len(text) < 7000
    await server.open_streams_to_be(0)


@pytest.mark.parametrize("name", FAILING)
async def test_a_failure_shows_neither_key_nor_address_nor_body(
    name: str, server: OpenAIServer, provider: OpenAIProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    server.play(name)

    error = await failure(provider)

    shown = "".join(traceback.format_exception(error)) + str(error) + repr(error) + caplog.text
    assert not [word for word in (KEY, SECRET, PWN, "127.0.0.1", "Bearer") if word in shown]


@pytest.mark.parametrize(
    "name", ["plain", "bytewise", "odd_pieces", "one_piece", "carriage_returns", "compressed"]
)
async def test_the_way_bytes_are_cut_makes_no_difference(
    name: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(name)

    text, finish = await read(provider)

    assert text == REPLY
    assert (finish.reason, finish.usage, finish.model_name) == (
        FinishReason.STOP,
        Usage(12, 34),
        "scripted-1",
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nul", "ab"),
        ("lone_surrogate", "abc"),
        ("split_surrogates", "a😀b"),
        ("invalid_utf8", "before \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"),
        ("two_choices", "The beginning "),
        ("unknown_event", "The beginning "),
        ("same_id_twice", "The beginning "),
        ("reasoning", "The beginning "),
        ("refusal", "I would rather not."),
        ("tool_calls", ""),
    ],
)
async def test_text_is_cleaned_and_only_the_first_choice_counts(
    name: str, text: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(name)

    assert (await read(provider))[0] == text


@pytest.mark.parametrize(("name", "reason"), [("length", "length"), ("content_filter", "content_filter")])
async def test_the_finish_reason_is_told(
    name: str, reason: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(name)

    _, finish = await read(provider)

    assert finish.reason == reason


async def test_a_finished_reply_does_not_wait_for_a_server_that_stays(
    server: OpenAIServer, impatient: OpenAIProvider
) -> None:
    server.play("no_done_and_open")

    text, finish = await read(impatient)

    assert (text, finish.reason, finish.usage) == ("The beginning ", FinishReason.STOP, None)
    await server.open_streams_to_be(0)


@pytest.mark.parametrize("name", ["reset_after_finish", "no_done", "strange_usage"])
async def test_a_finished_reply_does_not_depend_on_what_follows(
    name: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(name)

    text, finish = await read(provider)

    assert (text, finish.reason, finish.usage) == ("The beginning ", FinishReason.STOP, None)


async def test_text_before_a_failure_is_kept(server: OpenAIServer, provider: OpenAIProvider) -> None:
    server.play("reset_in_the_middle")
    items = provider.stream(ask())

    assert await first(items) == "The beginning "
    with pytest.raises(ProviderError, match="cut_off"):
        await anext(items)
    await provider.close()


async def test_closing_the_stream_closes_the_connection(
    server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play("hang_in_the_middle")
    items = provider.stream(ask())
    await first(items)

    await items.aclose()

    await server.open_streams_to_be(0)
    await provider.close()


@pytest.mark.parametrize("name", ["hang_in_the_middle", "hang_before_head", "hang_after_head"])
async def test_cancelling_the_reader_closes_the_connection(
    name: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(name)
    reader = asyncio.create_task(read(provider))
    await server.open_streams_to_be(1)

    reader.cancel()

    await asyncio.gather(reader, return_exceptions=True)
    await server.open_streams_to_be(0)


async def test_finished_replies_share_a_connection(server: OpenAIServer, provider: OpenAIProvider) -> None:
    before = server.connections
    for _ in range(3):
        assert await complete(provider, ask(), limit=10_000) == REPLY
    await provider.close()

    assert server.connections - before == 1


async def test_a_completion_stops_at_its_limit(server: OpenAIServer, provider: OpenAIProvider) -> None:
    server.play("hundred_megabytes")

    text = await complete(provider, ask(), limit=1500)

    assert text == "x" * 1500
    await server.open_streams_to_be(0)
    await provider.close()


@pytest.mark.parametrize("name", ["refuses_stream_options", "forbids_stream_options"])
async def test_refused_stream_options_are_left_out_from_then_on(
    name: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(name, name, name)

    await read(provider)
    await read(provider)

    assert ["stream_options" in request.json for request in server.requests] == [True, False, False]


async def test_a_refusal_of_something_else_is_not_tried_again(
    server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play("invalid_request")

    await failure(provider)

    assert len(server.requests) == 1


async def test_the_other_name_of_max_tokens_is_learnt(server: OpenAIServer, provider: OpenAIProvider) -> None:
    server.play("refuses_max_tokens", "refuses_max_tokens")

    await read(provider, ask(max_tokens=7))

    assert server.requests[-1].json["max_completion_tokens"] == 7
    assert "max_tokens" not in server.requests[-1].json


@pytest.mark.parametrize("name", ["rate_limited", "overloaded", "reset_before_head"])
async def test_retrying_is_left_to_the_caller(
    name: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(name)

    error = await failure(provider)

    assert error.retryable
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("30", 30), ("0.5", 0.5), ("-1", 0), ("1e300", 3600), ("Thu, 01 Jan 1970 00:00:00 GMT", 0)],
)
async def test_retry_after_is_understood(
    value: str, seconds: float, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(error(429, "slow down", headers={"retry-after": value}))

    assert (await failure(provider)).retry_after == seconds


@pytest.mark.parametrize("value", ["", "soon", "nan", "inf", "9" * 400])
async def test_a_senseless_retry_after_is_none(
    value: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(error(429, "slow down", headers={"retry-after": value}))

    assert (await failure(provider)).retry_after is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(
    status: int, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    location = {"location": f"{server.base_url}/chat/completions"}
    server.play(Script(status=status, headers=location))

    assert (await failure(provider)).code == ErrorCode.BAD_RESPONSE
    assert len(server.requests) == 1


async def test_a_closed_port_is_unavailable(make_provider: MakeProvider) -> None:
    provider = make_provider(base_url="http://127.0.0.1:1/v1")

    assert (await failure(provider)).code == ErrorCode.UNAVAILABLE


@pytest.mark.parametrize("base_url", ["localhost/v1", "ftp://localhost/v1", "http://[broken/v1"])
async def test_a_broken_address_is_an_ordinary_failure(base_url: str, make_provider: MakeProvider) -> None:
    error = await failure(make_provider(base_url=base_url))

    assert error.code in (ErrorCode.UNAVAILABLE, ErrorCode.INVALID_REQUEST)


async def test_a_key_that_no_header_takes_is_an_ordinary_failure(server: OpenAIServer) -> None:
    for key in ("sk-\n", "sk-é"):
        error = await failure(OpenAIProvider(api_key=key, base_url=server.base_url))

        assert error.code in (ErrorCode.UNAVAILABLE, ErrorCode.INVALID_REQUEST)


async def test_the_prompt_is_sent_as_it_is(server: OpenAIServer, provider: OpenAIProvider) -> None:
    await read(provider, ask("Héllo 😀", max_tokens=9))

    request = server.requests[0]
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json == {
        "model": "scripted-1",
        "messages": [{"role": "user", "content": "Héllo 😀"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 9,
    }


async def test_a_reply_so_far_is_followed_by_an_instruction(
    server: OpenAIServer, provider: OpenAIProvider
) -> None:
    await read(provider, ask(reply_so_far="It was a da"))

    assert not provider.resumes_exactly("scripted-1")
    assert server.requests[0].json["messages"][1:] == [
        {"role": "assistant", "content": "It was a da"},
        {"role": "user", "content": GO_ON},
    ]


async def test_a_reply_so_far_is_prefilled_where_that_is_known_to_work(
    server: OpenAIServer, make_provider: MakeProvider
) -> None:
    provider = make_provider(prefill=True)

    await read(provider, ask(reply_so_far="It was a da"))

    sent = server.requests[0].json
    assert provider.resumes_exactly("scripted-1")
    assert sent["messages"][-1] == {"role": "assistant", "content": "It was a da"}
    assert (sent["continue_final_message"], sent["add_generation_prompt"]) == (True, False)


async def test_hidden_reasoning_is_not_silence(server: OpenAIServer, make_provider: MakeProvider) -> None:
    thought = event({"choices": [{"delta": {"reasoning_content": "Hm."}}]})
    server.play(Script([*[thought, Pause(0.1)] * 6, FIRST, *END]))

    text, _ = await read(make_provider(patience=0.3))

    assert text == "The beginning "


async def test_many_streams_run_at_once(server: OpenAIServer, provider: OpenAIProvider) -> None:
    server.play(*[Script([text("a"), HANG]) for _ in range(150)])
    streams = [provider.stream(ask()) for _ in range(150)]

    assert set(await asyncio.gather(*map(first, streams))) == {"a"}
    await asyncio.gather(*[stream.aclose() for stream in streams])
    await server.open_streams_to_be(0)
    await provider.close()


async def test_a_turn_with_a_lone_surrogate_is_an_ordinary_failure(provider: OpenAIProvider) -> None:
    assert (await failure(provider, ask("\ud800"))).code == ErrorCode.INVALID_REQUEST


async def test_every_turn_keeps_its_role(server: OpenAIServer, provider: OpenAIProvider) -> None:
    request = ask()
    turns = (Turn("system", "Be brief."), *request.turns, Turn("assistant", "Well."))

    await read(provider, type(request)("scripted-1", turns))

    assert [message["role"] for message in server.requests[0].json["messages"]] == [
        "system",
        "user",
        "assistant",
    ]
