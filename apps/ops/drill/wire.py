"""Chat completions of the OpenAI protocol, as bytes."""

import asyncio
import json
from enum import Enum
from http import HTTPStatus
from typing import Any

MODEL_NAME = "scripted-1"
STREAM = "200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked"
JSON = "Content-Type: application/json\r\nContent-Length: "
END = b"0\r\n\r\n"


class Refusal(Enum):
    """How a call can fail before its first text: status and further headers."""

    BROKEN = (HTTPStatus.INTERNAL_SERVER_ERROR, "")
    BUSY = (HTTPStatus.TOO_MANY_REQUESTS, "Retry-After: 1\r\n")


async def read_request(reader: asyncio.StreamReader) -> dict[str, Any]:
    head = await reader.readuntil(b"\r\n\r\n")
    headers = (line.partition(":") for line in head.decode("latin-1").lower().splitlines())
    length = next(int(value) for name, _, value in headers if name == "content-length")
    request: dict[str, Any] = json.loads(await reader.readexactly(length))
    return request


async def say(writer: asyncio.StreamWriter, text: str) -> None:
    """A whole answer in one piece."""
    begin(writer)
    add(writer, text)
    finish(writer)
    await writer.drain()


async def refuse(writer: asyncio.StreamWriter, refusal: Refusal) -> None:
    status, headers = refusal.value
    body = json.dumps({"error": {"message": "as scripted", "type": status.phrase}})
    writer.write(_head(f"{status.value} {status.phrase}\r\n{headers}{JSON}{len(body)}") + body.encode())
    await writer.drain()


def begin(writer: asyncio.StreamWriter) -> None:
    writer.write(_head(STREAM))


def add(writer: asyncio.StreamWriter, text: str) -> None:
    writer.write(_event({"content": text}))


def finish(writer: asyncio.StreamWriter) -> None:
    writer.write(_event({}, "stop") + _chunk(b"data: [DONE]\n\n") + END)


def end(writer: asyncio.StreamWriter) -> None:
    """An end without a reason."""
    writer.write(END)


def _head(status_and_headers: str) -> bytes:
    return f"HTTP/1.1 {status_and_headers}\r\n\r\n".encode()


def _event(delta: dict[str, str], finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    body = {"object": "chat.completion.chunk", "model": MODEL_NAME, "choices": [choice]}
    return _chunk(b"data: " + json.dumps(body).encode() + b"\n\n")


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)
