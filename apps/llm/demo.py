"""A built-in model: answers at once, costs nothing, and fails on command."""

import asyncio
import re
from collections.abc import AsyncGenerator
from itertools import islice

from apps.llm import demo_answers
from apps.llm.demo_commands import Script, script_for
from apps.llm.provider import Delta, Finish, FinishReason, Item, Request, Turn, Usage

MODEL_NAME = "demo"
PACE = 1 / 40  # seconds for a word: what a quick reader follows
WORD = re.compile(r"\s*\S{1,24}\s*|\s+")
TITLE_REQUEST = "Write a title"


class DemoProvider:
    """What it says follows from the turns alone, so it can go on behind any beginning of it."""

    def __init__(self, *, pace: float = PACE) -> None:
        self._pace = pace

    def resumes_exactly(self, model_name: str, reference: str = "") -> bool:
        return True

    async def stream(self, request: Request) -> AsyncGenerator[Item, None]:
        script = _script(request.turns)
        said = request.reply_so_far
        rest = script.rest(said)
        reason = FinishReason.STOP
        words = WORD.findall(rest)
        if request.max_tokens is not None and len(words) > request.max_tokens:
            reason = FinishReason.LENGTH
        if script.silent:
            await asyncio.Event().wait()
        for word in islice(words, request.max_tokens):
            await asyncio.sleep(self._pace if script.wait is None else script.wait)
            yield Delta(word)
        if script.error and script.fails_behind(said):
            raise script.error
        yield Finish(reason, _usage(request.turns, rest), MODEL_NAME)

    async def cancel(self, reference: str) -> None:
        """Nothing goes on unheard."""

    async def open(self) -> None:
        """Nothing takes time."""

    async def close(self) -> None:
        """Nothing is open."""


def _script(turns: tuple[Turn, ...]) -> Script:
    questions = [turn.text for turn in turns if turn.role == "user"]
    if turns and turns[0].role == "system" and turns[0].text.startswith(TITLE_REQUEST):
        return Script(demo_answers.title(questions[0] if questions else ""), wait=0)
    question = questions[-1] if questions else ""
    return script_for(question) or Script(demo_answers.answer(question))


def _usage(turns: tuple[Turn, ...], reply: str) -> Usage:
    return Usage(sum(len(turn.text.split()) for turn in turns), len(reply.split()))
