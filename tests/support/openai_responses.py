"""The model server's Responses API: what has begun in the background goes on while nobody listens.

`server.responses.write(...)` scripts the next response, step by step; `cut(...)` says after how many events
the next connections break off; `refuse(...)` answers the next replays instead. A prompt of
`!behaviour words 400 50` is answered with so many words, so many a second.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from itertools import chain, count
from threading import Event as Gate
from typing import Any

from tests.support.openai_scripts import CLOSE, JSON, Pause, ReceivedRequest, Script, Step, error

LOOK_EVERY = 0.005  # seconds between looks at a gate, which another thread opens
USAGE = {"input_tokens": 12, "output_tokens": 34, "total_tokens": 46}

ResponseStep = str | dict[str, Any] | bytes | Pause | Gate
Write = Callable[[ReceivedRequest], Iterable[ResponseStep]]


def delta(text: str) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": text}


def ended(status: str, **response: object) -> dict[str, Any]:
    return {"type": f"response.{status}", "response": {"usage": USAGE, **response, "status": status}}


def part(text: str, kind: str = "output_text", field: str = "text") -> dict[str, Any]:
    """An output of one message with one part."""
    return {"type": "message", "role": "assistant", "content": [{"type": kind, field: text}]}


class StoredResponse:
    """One response at the server: its events so far."""

    def __init__(self, response_id: str, model: str) -> None:
        self.id, self.model = response_id, model
        self.text, self.status = "", "queued"
        self.over = False
        self.writer: asyncio.Task[None] | None = None
        self._events: list[bytes] = []
        self._changed = asyncio.Condition()

    async def write(self, steps: Iterable[ResponseStep]) -> None:
        """Go through the steps; without an ending among them, complete."""
        await self._add({"type": "response.created", "response": {"status": "queued"}})
        for step in steps:
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
            elif isinstance(step, Gate):
                while not step.is_set() and not self.over:  # noqa: ASYNC110  # another thread opens it
                    await asyncio.sleep(LOOK_EVERY)
            else:
                await self._add(delta(step) if isinstance(step, str) else step)
        await self.end(ended("completed", output=[part(self.text)]))

    async def end(self, event: dict[str, Any]) -> None:
        if not self.over:
            await self._add(event)

    async def follow(self, cut: int | None) -> AsyncIterator[Step]:
        """The events from the first to the last, as they come; broken off before the one numbered `cut`."""
        for number in count():
            if number == cut:
                yield CLOSE
            async with self._changed:
                await self._changed.wait_for(lambda n=number: n < len(self._events) or self.over)
            if number == len(self._events):
                return
            yield self._events[number]

    def snapshot(self) -> dict[str, Any]:
        output = [part(self.text)] if self.over else []
        return {"id": self.id, "model": self.model, "status": self.status, "output": output, "usage": USAGE}

    async def _add(self, event: dict[str, Any] | bytes) -> None:
        if self.over:
            return
        if not isinstance(event, bytes):
            self._note(event)
            event = self._encoded(event)
        async with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def _note(self, event: dict[str, Any]) -> None:
        if "delta" in event:
            self.text += event["delta"]
        if isinstance(response := event.get("response"), dict) and "status" in response:
            self.status = response["status"]
            self.over = self.status not in ("queued", "in_progress")

    def _encoded(self, event: dict[str, Any]) -> bytes:
        event = {**event, "sequence_number": len(self._events)}
        if isinstance(event.get("response"), dict):
            event["response"] = {"id": self.id, "model": self.model, **event["response"]}
        return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


class Responses:
    """The server's `/responses`."""

    def __init__(self, answer: str) -> None:
        self.cancelled: list[str] = []
        self._answer = answer
        self._stored: dict[str, StoredResponse] = {}
        self._plays: deque[Iterable[ResponseStep]] = deque()
        self._cuts: deque[int | None] = deque()
        self._refusals: deque[Script] = deque()
        self._writers: set[asyncio.Task[None]] = set()
        self._ids = (f"resp_{number}" for number in count(1))

    def write(self, *steps: ResponseStep) -> None:
        """Have the next response written so."""
        self._plays.append(steps)

    def cut(self, *numbers: int | None) -> None:
        """Break the next connections off, each after so many events."""
        self._cuts.extend(numbers)

    def refuse(self, *scripts: Script) -> None:
        """Answer the next replays so."""
        self._refusals.extend(scripts)

    def lose_all(self) -> None:
        """Know nothing of what has begun."""
        self._stored.clear()

    def forget(self) -> None:
        """Start anew for the next test."""
        for stored in self._stored.values():
            stored.over = True
        for queue in (self.cancelled, self._plays, self._cuts, self._refusals, self._stored):
            queue.clear()

    async def stop(self) -> None:
        """Write no more."""
        for writer in self._writers:
            writer.cancel()
        await asyncio.gather(*self._writers, return_exceptions=True)

    async def answer(self, request: ReceivedRequest) -> Script:
        path, _, query = request.path.partition("?")
        match path.partition("/responses")[2].strip("/").split("/"), request.method:
            case [""], "POST":
                return Script(self._begin(request).follow(self._next_cut()))
            case [response_id], "GET":
                return self._refusals.popleft() if self._refusals else self._replay(response_id, query)
            case [response_id, "cancel"], "POST":
                return await self._cancel(response_id)
        return error(404, "no such page")

    def _begin(self, request: ReceivedRequest) -> StoredResponse:
        stored = StoredResponse(next(self._ids), request.json["model"])
        self._stored[stored.id] = stored
        steps = self._plays.popleft() if self._plays else self._steps(request)
        stored.writer = asyncio.create_task(stored.write(steps))
        self._writers.add(stored.writer)
        return stored

    def _replay(self, response_id: str, query: str) -> Script:
        stored = self._stored.get(response_id)
        if stored is None:
            return error(404, f"Response with id '{response_id}' not found.")
        if "stream=true" in query:
            return Script(stored.follow(self._next_cut()))
        return Script([json.dumps(stored.snapshot()).encode()], headers=JSON)

    async def _cancel(self, response_id: str) -> Script:
        stored = self._stored.get(response_id)
        if stored is None:
            return error(404, f"Response with id '{response_id}' not found.")
        self.cancelled.append(response_id)
        if stored.writer:
            stored.writer.cancel()
        await stored.end(ended("cancelled"))
        return Script([json.dumps(stored.snapshot()).encode()], headers=JSON)

    def _next_cut(self) -> int | None:
        return self._cuts.popleft() if self._cuts else None

    def _steps(self, request: ReceivedRequest) -> Iterator[ResponseStep]:
        if request.wants_title:
            return iter(["A scripted title"])
        first_line = request.prompt.partition("\n")[0].split()
        if first_line[:2] == ["!behaviour", "words"]:
            words, speed = (int(word) for word in first_line[2:4])
            return chain.from_iterable((Pause(1 / speed), f"word{n} ") for n in range(words))
        return (self._answer[start : start + 4] for start in range(0, len(self._answer), 4))
