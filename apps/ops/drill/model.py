"""The scripted model: a server that speaks the OpenAI protocol, keeps a log, and fails when it is told to."""

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from types import TracebackType
from typing import Any, Self

from apps.ops.drill import wire
from apps.ops.drill.script import Question, flaw_of, voice_of

PACE = 0.04  # seconds between two pieces of a reply
LONGEST_PIECE = 16  # code points


class CleanEnd(Exception):
    """The stream ends as if all were well, but gives no reason for its end."""


@dataclass(eq=False)
class Call:
    """One request for a reply: what was said in it, and when it was over."""

    question: Question
    voice: str
    start: int  # code points that were said before
    opened_at: float = field(default_factory=time.monotonic)
    closed_at: float | None = None
    said: int = 0
    ends_early: bool = False
    flowing: asyncio.Event = field(default_factory=asyncio.Event)


class ScriptedModel:
    """`async with` serves on a free port of this machine, from this event loop."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.complaints: list[str] = []  # requests that no sound product makes
        self.refusals: deque[wire.Refusal] = deque()  # for the next calls, one each
        self._connections: dict[Call, asyncio.StreamWriter] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    @property
    def open_calls(self) -> list[Call]:
        return list(self._connections)

    def cut(self) -> None:
        """Break off every connection on which a reply is being sent."""
        for writer in self._connections.values():
            writer.transport.abort()

    def end_early(self) -> None:
        for call in self._connections:
            call.ends_early = True

    def stall(self) -> list[Call]:
        """Let every open call fall silent; who is told of it may let it flow again."""
        for call in self._connections:
            call.flowing.clear()
        return self.open_calls

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 24)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, CleanEnd):
                while True:
                    await self._answer(await wire.read_request(reader), reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(
        self, request: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        messages = request["messages"]
        if messages[0]["role"] == "system":
            return await wire.say(writer, title_of(messages[1]["content"]))
        call = self._accept(messages)
        if call is None or self.refusals:
            refusal = self.refusals.popleft() if call else wire.Refusal.BROKEN
            return await wire.refuse(writer, refusal)
        self.calls.append(call)
        self._connections[call] = writer
        talking = asyncio.create_task(self._talk(call, writer))
        gone = asyncio.create_task(reader.read(1))  # comes, empty, when the client hangs up
        try:
            await asyncio.wait((talking, gone), return_when=asyncio.FIRST_COMPLETED)
            if not talking.done():
                raise ConnectionResetError
            await talking
        finally:
            call.closed_at = time.monotonic()
            del self._connections[call]
            talking.cancel()
            gone.cancel()
            await asyncio.gather(talking, gone, return_exceptions=True)

    def _accept(self, messages: list[dict[str, str]]) -> Call | None:
        """The call that these messages make; None, and a complaint, if they do not fit the script."""
        said = messages.pop()["content"] if messages[-1]["role"] == "assistant" else ""
        try:
            question = Question.found_in(messages[-1]["content"])
        except ValueError as error:
            self.complaints.append(str(error))
            return None
        if flaw := flaw_of(said, question.script):
            self.complaints.append(f"question {question.number} is to go on behind a text with {flaw}")
            return None
        earlier = sum(call.question.number == question.number for call in self.calls)
        call = Call(question, voice_of(earlier), len(said))
        call.flowing.set()
        return call

    async def _talk(self, call: Call, writer: asyncio.StreamWriter) -> None:
        chance = Random(f"{call.question.number}{call.voice}")
        wire.begin(writer)
        for piece in _pieces(call.question.spoken(call.voice)[call.start :], chance):
            await call.flowing.wait()
            if call.ends_early:
                wire.end(writer)
                raise CleanEnd
            wire.add(writer, piece)
            await writer.drain()
            call.said += len(piece)
            await asyncio.sleep(PACE)
        wire.finish(writer)
        await writer.drain()


def title_of(prompt: str) -> str:
    """What the model answers when it is asked for a title."""
    return f"About question {Question.found_in(prompt).number}"


def _pieces(text: str, chance: Random) -> Iterator[str]:
    while text:
        size = chance.randint(1, LONGEST_PIECE)
        yield text[:size]
        text = text[size:]
