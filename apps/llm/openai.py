"""Chat completions and responses of OpenAI and of all that speak its protocol."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    aclosing,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from typing import Any

import anyio
import httpx2
import openai

from apps.llm import diagnosis
from apps.llm.background import UNKNOWN, BackgroundCall, Reference
from apps.llm.completion import CompletionReader, parse_object
from apps.llm.errors import BadResponse, CutOff, InvalidRequest, ProviderError, TimedOut, Unavailable
from apps.llm.parameters import Parameters, names
from apps.llm.provider import Delta, Item, Request
from apps.llm.responses import ResponseReader
from apps.llm.sse import MAX_EVENT_BYTES, Event, EventParser

SILENCE = 90.0  # seconds without a byte
LIMITS = httpx2.Limits(max_connections=2000, max_keepalive_connections=200)
PATIENCE = 300.0  # seconds without a choice in any chunk, however lively the comments are
LINGER = 2.0  # seconds for the usage that comes behind the finish reason
GOODBYE = 0.1  # seconds for the end of the body behind [DONE], which keeps the connection reusable
MAX_ERROR_BODY = 64 << 10
MAX_RESPONSE_BYTES = 16 << 20  # its last event repeats the whole text
CANCEL_WITHIN = 5.0  # seconds
WANTS_JSON = {"Accept": "application/json"}
FAIR_SHARE = 8 << 10  # bytes of events, about a millisecond's work, before the others have a turn
NOTHING = Event(b"", b"")

Events = AsyncGenerator[Event, None]
Head = AbstractAsyncContextManager[Any]  # of the vendor's raw response


class OpenAIProvider:
    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None = None,
        prefill: Collection[str] = (),
        background: Collection[str] = (),
        silence: float = SILENCE,
        patience: float = PATIENCE,
        linger: float = LINGER,
    ) -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._parameters = Parameters(prefill=prefill)
        self._background = background
        self._timeout = httpx2.Timeout(connect=5, read=silence, write=30, pool=5)
        self._patience = patience
        self._linger = linger
        self._clients: dict[asyncio.AbstractEventLoop, openai.AsyncOpenAI] = {}

    def resumes_exactly(self, model_name: str, reference: str = "") -> bool:
        return bool(reference) or self._parameters.prefills(model_name)

    def stream(self, request: Request) -> AsyncGenerator[Item, None]:
        prefilled = request.reply_so_far and self._parameters.prefills(request.model_name)
        in_background = names(self._background, request.model_name) and not prefilled
        if request.reference or in_background:
            return BackgroundCall(self, request, patience=self._patience).stream()
        return self._complete(request)

    async def cancel(self, reference: str) -> None:
        if found := Reference.parse(reference):
            cancel = self._client().responses.with_streaming_response.cancel
            with suppress(*UNKNOWN), _vendor_errors_translated(ResponseReader("")):
                async with asyncio.timeout(CANCEL_WITHIN):
                    async with cancel(found.response_id, extra_headers=WANTS_JSON):
                        pass

    def create(self, request: Request, reader: ResponseReader) -> AbstractAsyncContextManager[Events]:
        create = self._client().responses.with_streaming_response.create
        return self._opened(create(**self._parameters.response(request)), reader)

    def replay(self, response_id: str, reader: ResponseReader) -> AbstractAsyncContextManager[Events]:
        retrieve = self._client().responses.with_streaming_response.retrieve
        return self._opened(retrieve(response_id, stream=True), reader)

    async def snapshot(self, response_id: str, reader: ResponseReader) -> dict[str, Any]:
        retrieve = self._client().responses.with_streaming_response.retrieve
        with _vendor_errors_translated(reader):
            async with asyncio.timeout(_total(self._timeout)):
                async with retrieve(response_id, extra_headers=WANTS_JSON) as head:
                    return parse_object(await _head(head.http_response, MAX_RESPONSE_BYTES))

    @asynccontextmanager
    async def _opened(self, head: Head, reader: ResponseReader) -> AsyncIterator[Events]:
        """The events of a response, and its body's end if that comes soon: the connection can serve again."""
        with _vendor_errors_translated(reader):
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(_total(self._timeout)):
                    response = (await stack.enter_async_context(head)).http_response
                await self._refuse_other_content(response)
                events = await stack.enter_async_context(aclosing(_events(response, MAX_RESPONSE_BYTES)))
                yield events
                with suppress(TimeoutError, httpx2.HTTPError, ProviderError):
                    async with asyncio.timeout(GOODBYE):
                        async for _ in events:
                            pass

    async def _complete(self, request: Request) -> AsyncGenerator[Item, None]:
        reader = CompletionReader(request.model_name)
        with _vendor_errors_translated(reader):
            async with AsyncExitStack() as stack:
                response = await self._send(request, stack)
                await self._refuse_other_content(response)
                events = await stack.enter_async_context(aclosing(_events(response)))
                texts = await stack.enter_async_context(aclosing(self._texts(events, reader)))
                async for text in texts:
                    yield Delta(text)
                await self._read_usage(events, reader)
        yield reader.finish()

    async def close(self) -> None:
        if client := self._clients.pop(asyncio.get_running_loop(), None):
            await client.close()

    async def _send(self, request: Request, stack: AsyncExitStack) -> httpx2.Response:
        """The head of the response; its body is read from it and closed by `stack`."""
        create = self._client().chat.completions.with_streaming_response.create
        while True:
            parameters = self._parameters.completion(request)
            try:
                async with asyncio.timeout(_total(self._timeout)):
                    head = await stack.enter_async_context(create(**parameters))
                    response: httpx2.Response = head.http_response
                    return response
            except (openai.BadRequestError, openai.UnprocessableEntityError) as refusal:
                if not self._parameters.learn(refusal.response.text, parameters):
                    raise

    def _client(self) -> openai.AsyncOpenAI:
        """One for each event loop: connections cannot move to another."""
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._forget_closed_loops()
            self._clients[loop] = openai.AsyncOpenAI(
                api_key=self._api_key,
                base_url=self._base_url,
                max_retries=0,
                timeout=self._timeout,
                default_headers={"Accept": "text/event-stream", "Accept-Encoding": "identity"},
                http_client=openai.DefaultAsyncHttpx2Client(
                    timeout=self._timeout,
                    limits=LIMITS,
                    follow_redirects=False,
                    event_hooks={"response": [_bound_error_body]},
                ),
            )
        return self._clients[loop]

    def _forget_closed_loops(self) -> None:
        """Clients hold on to their loop, so nobody else would ever free the two."""
        for loop in list(self._clients):
            if loop.is_closed():
                self._clients.pop(loop, None)

    async def _refuse_other_content(self, response: httpx2.Response) -> None:
        content_type = response.headers.get("content-type", "").lower()
        if "json" in content_type:
            async with asyncio.timeout(_total(self._timeout)):
                body = parse_object(await _head(response, MAX_ERROR_BODY))
            if body.get("error"):
                raise diagnosis.from_error_object(body["error"])
            raise BadResponse
        if "html" in content_type or "xml" in content_type:
            raise BadResponse

    async def _texts(
        self, events: AsyncIterator[Event], reader: CompletionReader
    ) -> AsyncGenerator[str, None]:
        """The reply's text, up to its finish reason."""
        clock = asyncio.get_running_loop().time
        choices_seen, advanced_at = 0, clock()
        async for event in events:
            if event is not NOTHING and (text := reader.read(event)):
                yield text
            if reader.finish_reason is not None or reader.done:
                return
            if reader.choices_seen != choices_seen:
                choices_seen, advanced_at = reader.choices_seen, clock()
            elif clock() - advanced_at > self._patience:
                raise TimedOut

    async def _read_usage(self, events: AsyncIterator[Event], reader: CompletionReader) -> None:
        """What follows the finish reason; it may fail without harm to the reply."""
        try:
            async with asyncio.timeout(self._linger) as deadline:
                async for event in events:
                    reader.read(event)
                    if reader.done:
                        deadline.reschedule(asyncio.get_running_loop().time() + GOODBYE)
        except (TimeoutError, httpx2.HTTPError, ProviderError):
            return


async def _events(response: httpx2.Response, limit: int = MAX_EVENT_BYTES) -> AsyncGenerator[Event, None]:
    """The events of a body, and NOTHING for each piece without one."""
    parser = EventParser(limit=limit)
    event_seen, unshared = False, 0
    async for chunk in response.aiter_bytes():
        events = parser.feed(chunk)
        event_seen = event_seen or bool(events)
        for event in events or [NOTHING]:
            yield event
            unshared += len(event.data) or len(chunk)
            if unshared > FAIR_SHARE:
                unshared = 0
                await asyncio.sleep(0)
    for event in parser.end():
        yield event
    if response.num_bytes_downloaded and not event_seen:
        raise BadResponse


async def _head(response: httpx2.Response, limit: int) -> bytes:
    head = b""
    async for chunk in response.aiter_bytes():
        head += chunk
        if len(head) > limit:
            raise BadResponse
    return head


async def _bound_error_body(response: httpx2.Response) -> None:
    """The client reads the whole body of an error; let there be little of it, and nothing to inflate."""
    if not response.is_success and isinstance(response.stream, httpx2.AsyncByteStream):
        response.headers.pop("content-encoding", None)
        response.stream = _Head(response.stream)


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


def _total(timeout: httpx2.Timeout) -> float | None:
    """An end for the head of a response that drips in, each byte in time."""
    parts = (timeout.connect, timeout.read, timeout.write, timeout.pool)
    return None if None in parts else sum(part for part in parts if part is not None)


@contextmanager
def _vendor_errors_translated(reader: CompletionReader | ResponseReader) -> Iterator[None]:
    """Ours instead of theirs, without the cause: it quotes keys, addresses and bodies."""
    try:
        yield
    except openai.APIStatusError as error:
        body = error.body if error.body is not None else error.response.text
        raise diagnosis.from_status(error.status_code, body, error.response.headers) from None
    except (openai.APITimeoutError, httpx2.TimeoutException, TimeoutError):
        raise TimedOut from None
    except httpx2.DecodingError:
        raise BadResponse from None
    except (openai.APIConnectionError, httpx2.RequestError, anyio.EndOfStream, OSError):
        raise (CutOff if reader.started else Unavailable) from None
    except (openai.OpenAIError, httpx2.InvalidURL, UnicodeError):
        raise InvalidRequest from None
