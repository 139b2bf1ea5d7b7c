import asyncio

import pytest

from apps.llm.openai import OpenAIProvider
from apps.llm.provider import FinishReason, Usage, complete
from tests.llm.conftest import MakeProvider, ask, first, read
from tests.support.openai_behaviours import BEHAVIOURS, REPLY
from tests.support.openai_scripts import (
    DONE,
    END,
    FIRST,
    HANG,
    Pause,
    Script,
    Step,
    event,
    finish,
    text,
)
from tests.support.openai_server import OpenAIServer

WHOLE = [
    name
    for name, b in BEHAVIOURS.items()
    if b.outcome == "complete" and name not in ("late", "words", "no_done_and_open")  # those take their time
]
ENDLESS = [name for name, b in BEHAVIOURS.items() if b.outcome == "endless"]


@pytest.mark.parametrize("name", WHOLE)
async def test_an_unusual_but_whole_reply_finishes(
    name: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(*[name] * 2)

    _, finish = await read(provider, ask(max_tokens=100))

    assert finish is not None


@pytest.mark.parametrize("name", ENDLESS)
async def test_an_endless_reply_can_be_left(
    name: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(name)

    text, finish = await read(provider, limit=5000)

    assert finish is None
    assert 5000 < len(text) < 20_000
    await server.open_streams_to_be(0)


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


@pytest.mark.parametrize(
    ("steps", "linger"),
    [((FIRST, finish(), HANG), 0.1), ((FIRST, *END, HANG), 60), ((FIRST, finish(), DONE, HANG), 60)],
)
async def test_a_finished_reply_does_not_wait_for_a_server_that_stays(
    steps: tuple[Step, ...], linger: float, server: OpenAIServer, make_provider: MakeProvider
) -> None:
    server.play(Script(steps))

    async with asyncio.timeout(10):
        text, end = await read(make_provider(linger=linger))

    assert (text, end.reason) == ("The beginning ", FinishReason.STOP)
    await server.open_streams_to_be(0)


async def test_the_first_finish_reason_counts(server: OpenAIServer, provider: OpenAIProvider) -> None:
    server.play(Script([FIRST, finish(), text("more"), finish("length"), DONE]))

    beginning, end = await read(provider)

    assert (beginning, end.reason) == ("The beginning ", FinishReason.STOP)


def test_a_client_of_a_closed_loop_is_forgotten(server: OpenAIServer, provider: OpenAIProvider) -> None:
    async def call_without_connecting() -> None:
        provider._client()

    for _ in range(3):
        asyncio.run(call_without_connecting())

    assert len(provider._clients) == 1


def test_each_event_loop_is_served(server: OpenAIServer, provider: OpenAIProvider) -> None:
    for _ in range(2):
        assert asyncio.run(read(provider))[0] == REPLY


@pytest.mark.parametrize("name", ["reset_after_finish", "no_done", "strange_usage"])
async def test_a_finished_reply_does_not_depend_on_what_follows(
    name: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(name)

    text, finish = await read(provider)

    assert (text, finish.reason, finish.usage) == ("The beginning ", FinishReason.STOP, None)


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
