"""One response that is written at the provider, listened to or not, over as many connections as it takes.

A replay brings the response from its beginning, and what has been passed on is skipped by its length and
recognised by its digest. So its id is all that has to be stored, once: a sequence number would have to be
stored with every piece of text, and could still point into the middle of one.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Protocol

from apps.llm.errors import (
    BadResponse,
    CutOff,
    InvalidRequest,
    ModelNotFound,
    ProviderError,
    RateLimited,
    TimedOut,
    Unavailable,
)
from apps.llm.provider import Begun, Delta, Item, Request
from apps.llm.responses import ResponseReader
from apps.llm.sse import Event

MOST_CONNECTIONS = 6  # from one that brings new text to the next that does
BACKOFF = 0.5  # seconds before the second of them, doubled for each further one
LONGEST_WAIT = 10.0  # seconds
POLL_EVERY = 2.0  # seconds between looks at a response that is too old to be streamed
UNKNOWN = (ModelNotFound, BadResponse, InvalidRequest)  # what an id without a response is answered with


class Upstream(Protocol):
    """Connections to the provider; how their errors are told may depend on what their reader has read."""

    def create(
        self, request: Request, reader: ResponseReader
    ) -> AbstractAsyncContextManager[AsyncIterator[Event]]: ...

    def replay(
        self, response_id: str, reader: ResponseReader
    ) -> AbstractAsyncContextManager[AsyncIterator[Event]]: ...

    async def snapshot(self, response_id: str, reader: ResponseReader) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Reference:
    """A response, and how much of the reply was there before its first text."""

    start: int  # code points
    response_id: str

    @classmethod
    def parse(cls, text: str) -> "Reference | None":
        start, _, response_id = text.partition(":")
        return cls(int(start), response_id) if start.isdecimal() and response_id else None

    def __str__(self) -> str:
        return f"{self.start}:{self.response_id}"


class Said:
    """What of a response has been passed on: enough of it to know it again in a replay."""

    def __init__(self, text: str) -> None:
        self.length = 0
        self._digest = blake2b()
        self.rewind()
        self.beyond(text)

    def rewind(self) -> None:
        """From now on the response is told from its beginning."""
        self.missing = self.length
        self._replayed = blake2b()

    def beyond(self, text: str) -> str:
        """What of `text` is new; raises BadResponse if the rest is not what was said before."""
        again, new = text[: self.missing], text[self.missing :]
        if again:
            self.missing -= len(again)
            self._replayed.update(again.encode())
            if not self.missing and self._replayed.digest() != self._digest.digest():
                raise BadResponse
        self.length += len(new)
        self._digest.update(new.encode())
        return new


class BackgroundCall:
    """The stream of one request."""

    def __init__(self, upstream: Upstream, request: Request, *, patience: float) -> None:
        reference = Reference.parse(request.reference)
        self._upstream = upstream
        self._request = request
        self._patience = patience
        self._id = reference.response_id if reference else ""
        self._inherited = reference is not None
        self._said = Said(request.reply_so_far[reference.start :] if reference else "")
        self._in_one_piece = False

    async def stream(self) -> AsyncGenerator[Item, None]:
        connection = 0
        while connection < MOST_CONNECTIONS:
            reader, length = ResponseReader(self._request.model_name), self._said.length
            try:
                async with aclosing(self._items(reader)) as items:
                    async for item in items:
                        yield item
                yield reader.finish()
            except ProviderError as error:
                grew = self._said.length > length
                if not self._may_go_on(error, reader, grew=grew):
                    raise
                connection = 0 if grew else connection
                await asyncio.sleep(_wait(error, connection))
                connection += 1
            else:
                return
        raise CutOff

    async def _items(self, reader: ResponseReader) -> AsyncGenerator[Item, None]:
        self._said.rewind()
        async with aclosing(self._texts(reader)) as texts:
            async for text in texts:
                if not self._id and reader.response_id:
                    self._id = reader.response_id
                    yield Begun(str(Reference(len(self._request.reply_so_far), self._id)))
                if new := self._said.beyond(text):
                    yield Delta(new)
        if reader.over and self._said.missing:
            raise BadResponse

    async def _texts(self, reader: ResponseReader) -> AsyncGenerator[str, None]:
        """What each event adds, be it nothing."""
        if self._in_one_piece:
            yield await self._poll(reader)
            return
        upstream, clock = self._upstream, asyncio.get_running_loop().time
        opening = upstream.replay(self._id, reader) if self._id else upstream.create(self._request, reader)
        events_seen, advanced_at = 0, clock()
        async with opening as events:
            async for event in events:
                yield reader.read(event)
                if reader.over:
                    return
                if reader.events_seen != events_seen:
                    events_seen, advanced_at = reader.events_seen, clock()
                elif clock() - advanced_at > self._patience:
                    raise TimedOut

    async def _poll(self, reader: ResponseReader) -> str:
        deadline = asyncio.get_running_loop().time() + self._patience
        while asyncio.get_running_loop().time() < deadline:
            text = reader.read_snapshot(await self._upstream.snapshot(self._id, reader))
            if reader.over:
                return text
            await asyncio.sleep(POLL_EVERY)
        raise TimedOut

    def _may_go_on(self, error: ProviderError, reader: ResponseReader, *, grew: bool) -> bool:
        """Whether another connection may help, and which one that is to be."""
        gone = self._is_gone(error, reader)
        if self._inherited and not self._said.length and (gone or (reader.over and error.retryable)):
            self._id, self._inherited, self._in_one_piece = "", False, False
            return True  # nobody has seen anything of it, so another may be asked for
        if gone:
            raise CutOff from None
        if reader.over or not self._id:
            return False
        if isinstance(error, InvalidRequest):
            self._in_one_piece = True
            return True
        if isinstance(error, TimedOut):
            return grew  # a connection that died looks like this; so does a model that has nothing to say
        return isinstance(error, CutOff | Unavailable | RateLimited)

    def _is_gone(self, error: ProviderError, reader: ResponseReader) -> bool:
        """Whether the provider does not know the response, or not any more."""
        if not self._id or reader.started or not isinstance(error, UNKNOWN):
            return False
        return self._in_one_piece or not isinstance(error, InvalidRequest)


def _wait(error: ProviderError, connection: int) -> float:
    return min(error.retry_after or BACKOFF * 2**connection, LONGEST_WAIT)
