"""What the model server is told to do: a head, then steps."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain, repeat
from typing import Any

EVENT_STREAM = {"content-type": "text/event-stream; charset=utf-8"}
JSON = {"content-type": "application/json"}
HTML = {"content-type": "text/html; charset=utf-8"}
GZIP = {**EVENT_STREAM, "content-encoding": "gzip"}
REPLY_ID = "chatcmpl-1"


class Ending(Enum):
    HANG = "say nothing more until the client goes"
    RESET = "reset the connection"
    CLOSE = "close the connection in the middle of the body"


HANG, RESET, CLOSE = Ending.HANG, Ending.RESET, Ending.CLOSE


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class Raw:
    data: bytes  # sent outside the chunked body, as it is


Step = bytes | Pause | Raw | Ending


@dataclass(frozen=True)
class ReceivedRequest:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def json(self) -> dict[str, Any]:
        parsed = json.loads(self.body)
        assert isinstance(parsed, dict)
        return parsed

    @property
    def turns(self) -> list[dict[str, Any]]:
        """The messages of a completion, or the input of a response."""
        body = self.json
        turns: list[dict[str, Any]] = body.get("messages") or body.get("input") or []
        return turns

    @property
    def prompt(self) -> str:
        """The last user message's text."""
        return next((str(m["content"]) for m in reversed(self.turns) if m["role"] == "user"), "")

    @property
    def wants_title(self) -> bool:
        first = next(iter(self.turns), {})
        return first.get("role") == "system" and str(first.get("content")).startswith("Write a title")


@dataclass(frozen=True)
class Script:
    steps: Iterable[Step] | AsyncIterable[Step] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: EVENT_STREAM)
    delay: float | None = None  # seconds before the head
    chunked: bool = True  # else the steps alone make the bytes, head included

    def head(self) -> bytes:
        if not self.chunked:
            return b""
        headers = {**self.headers, "transfer-encoding": "chunked"}
        lines = [f"HTTP/1.1 {self.status} Scripted", *(f"{name}: {value}" for name, value in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def event(data: object) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data)
    return b"data: " + text.encode() + b"\n\n"


def chunk(delta: object, *, finish: str | None = None, index: int = 0, **extra: object) -> dict[str, Any]:
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return {
        "id": REPLY_ID,
        "object": "chat.completion.chunk",
        "model": "scripted-1",
        "choices": [choice],
        **extra,
    }


def text(content: str, *, index: int = 0) -> bytes:
    return event(chunk({"content": content}, index=index))


def finish(reason: str = "stop") -> bytes:
    return event(chunk({}, finish=reason))


def usage(prompt: object = 12, completion: object = 34) -> bytes:
    counts = {"prompt_tokens": prompt, "completion_tokens": completion}
    return event({"id": REPLY_ID, "model": "scripted-1", "choices": [], "usage": counts})


DONE = event("[DONE]")
END = (finish(), usage(), DONE)


def error(
    status: int, message: str, *, code: str | None = None, headers: Mapping[str, str] | None = None
) -> Script:
    body = json.dumps({"error": {"message": message, "type": "scripted", "param": None, "code": code}})
    return Script([body.encode()], status=status, headers={**JSON, **(headers or {})})


def page(status: int, html: str, headers: Mapping[str, str] | None = None) -> Script:
    return Script([html.encode()], status=status, headers={**HTML, **(headers or {})})


@dataclass(frozen=True)
class Behaviour:
    make: Callable[[ReceivedRequest], Script]
    outcome: str
    covers: tuple[str, ...] = ()


def streaming(*steps: Step, headers: dict[str, str] = EVENT_STREAM) -> Callable[[ReceivedRequest], Script]:
    return lambda request: Script(steps, headers=headers)


def endless(*steps: Step, headers: dict[str, str] = EVENT_STREAM) -> Callable[[ReceivedRequest], Script]:
    return lambda request: Script(chain.from_iterable(repeat(steps)), headers=headers)


def raw(*steps: Step) -> Callable[[ReceivedRequest], Script]:
    return lambda request: Script(steps, chunked=False)


def bytewise(steps: Iterable[bytes], size: int) -> list[bytes]:
    whole = b"".join(steps)
    return [whole[start : start + size] for start in range(0, len(whole), size)]


FIRST = text("The beginning ")
