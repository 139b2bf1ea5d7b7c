"""The body of a response: events as they come in, or the head of what is none."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import httpx2

from apps.llm.errors import BadResponse
from apps.llm.sse import MAX_EVENT_BYTES, Event, EventParser

MAX_ERROR_BODY = 64 << 10
FAIR_SHARE = 16 << 10  # bytes of events, about a millisecond's work, before the others have a turn
NOTHING = Event(b"", b"")


async def batches(
    response: httpx2.Response, limit: int = MAX_EVENT_BYTES
) -> AsyncGenerator[list[Event], None]:
    """The events of a body, those together that came together; an empty list for a piece without one."""
    parser = EventParser(limit=limit)
    seen, event_seen = 0, False
    async for chunk in _pieces(response):
        found = parser.feed(chunk)
        event_seen = event_seen or bool(found)
        yield found
        if (seen + len(chunk)) // FAIR_SHARE > seen // FAIR_SHARE:
            await asyncio.sleep(0)
        seen += len(chunk)
    if found := parser.end():
        yield found
    elif seen and not event_seen:
        raise BadResponse


async def events(response: httpx2.Response, limit: int) -> AsyncGenerator[Event, None]:
    """The events of a body one by one, and NOTHING for each piece without one."""
    async with aclosing(batches(response, limit)) as found:
        async for batch in found:
            for event in batch or [NOTHING]:
                yield event


async def head(response: httpx2.Response, limit: int) -> bytes:
    """The body, if it is no longer than `limit`."""
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > limit:
            raise BadResponse
    return body


async def bound_error_body(response: httpx2.Response) -> None:
    """The client reads the whole body of an error; let there be little of it, and nothing to inflate."""
    if not response.is_success and isinstance(response.stream, httpx2.AsyncByteStream):
        response.headers.pop("content-encoding", None)
        response.stream = _Head(response.stream)


async def _pieces(response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    """The body as it comes in, never much at once; through the client's layers only where it is encoded."""
    if "content-encoding" not in response.headers and isinstance(response.stream, httpx2.AsyncByteStream):
        async for piece in response.stream:
            yield piece
    else:
        async for inflated in response.aiter_bytes():
            for start in range(0, len(inflated), FAIR_SHARE):
                yield inflated[start : start + FAIR_SHARE]


class _Head(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            yield chunk
            size += len(chunk)
            if size > MAX_ERROR_BODY:
                return

    async def aclose(self) -> None:
        await self._stream.aclose()
