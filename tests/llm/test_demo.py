import asyncio
import re
from contextlib import aclosing, suppress

import pytest

from apps.llm.demo import DemoProvider
from apps.llm.demo_commands import COMMANDS
from apps.llm.errors import PROVIDER_ERRORS, CutOff, ErrorCode, ProviderError, Unavailable
from apps.llm.provider import FinishReason, Request, Turn, complete
from tests.llm.conftest import ask, failure, first, read

DEMO = DemoProvider(pace=0)
QUESTIONS = [
    "Hello!",
    "What is Colloquy?",
    "How do I connect Ollama?",
    "help",
    "/help",
    "/nonsense",
    "Tell me about tides and the moon",
    "Was ist ein Gezeitenkraftwerk?",
    "日本の首都は？",
    "<script>alert(1)</script> | ` $ *",
    "",
    "😀",
    "/long 33",
    "/slow 0",
    "/error nonsense",
]


async def say(question: str, **fields: object) -> str:
    return (await read(DEMO, ask(question, **fields)))[0]


@pytest.mark.parametrize("question", QUESTIONS)
async def test_it_goes_on_exactly_behind_any_beginning(question: str) -> None:
    whole = await say(question)

    for offset in range(len(whole) + 1):
        assert whole[:offset] + await say(question, reply_so_far=whole[:offset]) == whole


@pytest.mark.parametrize("question", QUESTIONS)
async def test_every_question_has_an_answer(question: str) -> None:
    text, finish = await read(DEMO, ask(question))

    assert text.strip()
    assert finish.reason == FinishReason.STOP


async def test_it_says_how_to_connect_a_model() -> None:
    answer = await say("How can I use a real model with an API key?")

    for word in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "Ollama", "vLLM", "llama.cpp", ".env"):
        assert word in answer


async def test_it_echoes_the_topic_but_no_markup() -> None:
    answer = await say("Tell me about <img src=x onerror=__pwn(1)> tides")

    assert "**img**" in answer
    assert "tides" in answer
    assert "<img" not in answer


@pytest.mark.parametrize("kind", ["# ", "\n- ", "| --- |", "```python", "$$", "**", "1. "])
async def test_a_greeting_shows_much_markdown(kind: str) -> None:
    assert kind in await say("hello") + await say("what is colloquy")


@pytest.mark.parametrize("count", [1, 9, 10, 11, 50, 1234])
async def test_a_long_reply_has_exactly_so_many_words(count: int) -> None:
    text = await say(f"/long {count}")

    assert len(text.split()) == count
    numbers = [int(number) for number in re.findall(r"Line (\d+):", text)]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("code", sorted(PROVIDER_ERRORS))
async def test_it_fails_as_told(code: ErrorCode) -> None:
    assert (await failure(DEMO, ask(f"/error {code}"))).code == code


async def test_it_fails_behind_so_many_words() -> None:
    with pytest.raises(Unavailable):
        await complete(DEMO, ask("/error unavailable 7"), limit=10_000)
    assert len((await said_before_failing("/error unavailable 7")).split()) == 7


async def test_a_cut_reply_can_be_continued_to_its_end() -> None:
    beginning = await said_before_failing("/cut 12")

    rest, finish = await read(DEMO, ask("/cut 12", reply_so_far=beginning))

    assert len(beginning.split()) == 12
    assert finish is not None
    assert (beginning + rest).split()[:3] == ["Line", "1:", "the"]


async def said_before_failing(question: str) -> str:
    text = ""
    with suppress(ProviderError):
        async for item in DEMO.stream(ask(question)):
            text += item.text
    return text


async def test_cut_means_no_finish() -> None:
    assert isinstance(await failure(DEMO, ask("/cut 3")), CutOff)


async def test_silence_lasts_until_it_is_left() -> None:
    reader = asyncio.create_task(anext(DEMO.stream(ask("/silent"))))
    await asyncio.sleep(0)

    reader.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reader


async def test_it_leaves_other_tasks_their_turn() -> None:
    async with aclosing(DEMO.stream(ask("/long 100"))) as items:
        await first(items)
        turns = asyncio.create_task(asyncio.sleep(0))
        await first(items)
        await first(items)
        assert turns.done()


async def test_max_tokens_end_a_reply_that_can_go_on() -> None:
    beginning, finish = await read(DEMO, ask("/long 30", max_tokens=10))

    assert finish.reason == FinishReason.LENGTH
    assert beginning + await say("/long 30", reply_so_far=beginning) == await say("/long 30")


async def test_behind_the_words_of_another_model_it_starts_a_paragraph() -> None:
    rest = await say("hello", reply_so_far="As another model said")

    assert rest.startswith("\n\n# Hello!")


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("How do I sort a list in Python?", "Sort a list in Python"),
        ("hello", "Hello"),
        ("Please explain the tides of the North Sea to me, thoroughly", "Tides of the North Sea to"),
        ("/long 50", "Long 50"),
        ("😀", "New conversation"),
        ("x" * 500, "X" + "x" * 23),
    ],
)
async def test_it_writes_titles(question: str, title: str) -> None:
    turns = (
        Turn("system", "Write a title of at most six words."),
        Turn("user", question),
        Turn("assistant", "Yes."),
    )

    assert await complete(DEMO, Request("demo", turns), limit=100) == title


async def test_help_names_every_command() -> None:
    answer = await say("/help")

    assert not [command for command in COMMANDS if f"`{command}" not in answer]


@pytest.mark.parametrize("argument", ["-1", "x", "1e9", "9" * 30, "0"])
@pytest.mark.parametrize("command", ["/long", "/cut", "/error unavailable"])
async def test_strange_numbers_do_no_harm(command: str, argument: str) -> None:
    text = ""
    with suppress(ProviderError):
        text = await complete(DEMO, ask(f"{command} {argument}"), limit=10_000)
    assert len(text) <= 10_000
