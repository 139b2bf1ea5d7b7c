"""Streams of events over HTTP. A view says what is to be streamed; the stream begins once it is through.

So everything that holds for other requests holds for these, and while a stream is open it keeps no thread
and no connection of the database: Django has closed its request by then.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse

from apps import metrics
from apps.accounts.access import Access
from apps.api.events import Event
from apps.api.feed import Feed
from apps.api.pump import Pump
from apps.live.hub import hub
from apps.live.limits import programs

logger = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CONTENT_TYPE = "text/event-stream"
SCOPE_KEY = "event_stream"
RETRY = b"retry: 2000\n\n"  # milliseconds before a browser asks again
HEARTBEAT = b": here\n\n"
JOINED_WITHIN = 10.0  # seconds; a database that takes longer is away
HEADERS = {
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",  # of nginx
}


@dataclass(frozen=True)
class EventStream:
    """What is to be streamed to whom; `feed` makes the feed, given what it has to wake."""

    access: Access
    feed: Callable[[asyncio.Event], Feed]


def streaming(
    request: HttpRequest,
    stream: EventStream,
    *,
    of_any_origin: bool = False,
    instead_of: HttpResponse | None = None,
) -> HttpResponse:
    """The answer with which `stream` begins. Without our server, as in some tests, it is empty."""
    if scope := getattr(request, "scope", None):
        scope[SCOPE_KEY] = stream
    response = HttpResponse(content_type=CONTENT_TYPE, headers=HEADERS)
    if instead_of:
        response.status_code = instead_of.status_code
        if "Location" in instead_of:
            response["Location"] = instead_of["Location"]
    if of_any_origin:
        response["Access-Control-Allow-Origin"] = "*"
    return response


class Streams:
    """ASGI middleware that goes on where a view has begun a stream."""

    def __init__(self, pages: Any) -> None:
        self._pages = pages

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        answer = _Answer(scope, receive, send)
        await self._pages(scope, answer.receive, answer.send)
        if answer.start and not answer.is_client_gone:
            with metrics.STREAMS.track_inprogress():
                await _Streaming(scope[SCOPE_KEY], scope.get("unsent", lambda: 0), send).run(
                    answer.start, receive
                )


class _Answer:
    """Django's answer, held back if a stream is to follow."""

    def __init__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self.start: Message | None = None
        self.is_client_gone = False
        self._scope, self._receive, self._send = scope, receive, send

    async def receive(self) -> Message:
        message = await self._receive()
        self.is_client_gone = self.is_client_gone or message["type"] == "http.disconnect"
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._is_stream(message):
            self.start = message
        if self.start is None:
            await self._send(message)

    def _is_stream(self, start: Message) -> bool:
        return SCOPE_KEY in self._scope and start["status"] < 300 and self._scope["method"] != "HEAD"


class _Streaming:
    def __init__(self, stream: EventStream, unsent: Callable[[], int], send: Send) -> None:
        self._stream = stream
        self._send = send
        self._pump = Pump(stream.access, self._tell, unsent, beat=self._beat, ends_with_feeds=True)

    async def run(self, start: Message, receive: Receive) -> None:
        """Until the feed ends, the client goes, or it may listen no more."""
        await self._send({**start, "headers": [h for h in start["headers"] if h[0] != b"Content-Length"]})
        await self._write(RETRY)
        work = asyncio.ensure_future(self._follow())
        leaving = asyncio.ensure_future(receive())
        try:
            await asyncio.wait({work, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            work.cancel()
            (ended,) = await asyncio.gather(work, return_exceptions=True)
            if isinstance(ended, Exception):
                logger.error("A stream failed; its program comes back", exc_info=ended)
        await self._send({"type": "http.response.body", "body": b""})

    async def _follow(self) -> None:
        user_id = self._stream.access.user.pk
        if not programs.take(user_id):  # a view has looked before; others were faster
            return
        try:
            feed = self._stream.feed(self._pump.wake)
            async with asyncio.timeout(JOINED_WITHIN):
                await feed.join(hub)
            self._pump.follow(None, feed)
            await self._pump.run()
        except (DatabaseError, TimeoutError) as error:
            logger.warning("A stream could not be joined; its program comes back: %s", type(error).__name__)
        finally:
            programs.give_back(user_id)
            await self._pump.leave()

    async def _tell(self, event: Event) -> None:
        payload = event.payload
        text = f"event: {event.action}\nid: {payload.position}\ndata: {payload.model_dump_json()}\n\n"
        await self._write(text.encode())

    async def _beat(self) -> None:
        await self._write(HEARTBEAT)

    async def _write(self, body: bytes) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": True})
