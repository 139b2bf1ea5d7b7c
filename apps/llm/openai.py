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

import aiohttp
import httpx2
import openai

from apps.llm import body, diagnosis
from apps.llm.background import UNKNOWN, BackgroundCall, Reference
from apps.llm.body import MAX_ERROR_BODY
from apps.llm.completion import CompletionReader
from apps.llm.errors import BadResponse, CutOff, InvalidRequest, ProviderError, TimedOut, Unavailable
from apps.llm.parameters import Parameters, names
from apps.llm.provider import Delta, Item, Request
from apps.llm.reader import parse_object
from apps.llm.responses import ResponseReader
from apps.llm.sse import Event

SILENCE = 90.0  # seconds without a byte
LIMITS = httpx2.Limits(max_connections=2000, max_keepalive_connections=200)
PATIENCE = 300.0  # seconds without a choice in any chunk, however lively the comments are
LINGER = 2.0  # seconds for the usage that comes behind the finish reason
GOODBYE = 0.1  # seconds for the end of the body behind [DONE], which keeps the connection reusable
MAX_RESPONSE_BYTES = 16 << 20  # its last event repeats the whole text
CANCEL_WITHIN = 5.0  # seconds
WANTS_JSON = {"Accept": "application/json"}

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
                    return parse_object(await body.head(head.http_response, MAX_RESPONSE_BYTES))

    @asynccontextmanager
    async def _opened(self, head: Head, reader: ResponseReader) -> AsyncIterator[Events]:
        """The events of a response, and its body's end if that comes soon: the connection can serve again."""
        with _vendor_errors_translated(reader):
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(_total(self._timeout)):
                    response = (await stack.enter_async_context(head)).http_response
                await self._refuse_other_content(response)
                events = await stack.enter_async_context(aclosing(body.events(response, MAX_RESPONSE_BYTES)))
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
                batches = await stack.enter_async_context(aclosing(body.batches(response)))
                texts = await stack.enter_async_context(aclosing(self._texts(batches, reader)))
                async for text in texts:
                    yield Delta(text)
                await self._read_usage(batches, reader)
        yield reader.finish()

    async def open(self) -> None:
        """Certificates and the package's own lazy imports: a third of a second, once."""
        _ = self._client().chat.completions.with_streaming_response.create

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
            except ValueError:  # the key is nothing that a header takes
                raise InvalidRequest from None

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
                http_client=openai.DefaultAioHttpClient(
                    timeout=self._timeout,
                    limits=LIMITS,
                    follow_redirects=False,
                    event_hooks={"response": [body.bound_error_body]},
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
                answer = parse_object(await body.head(response, MAX_ERROR_BODY))
            if answer.get("error"):
                raise diagnosis.from_error_object(answer["error"])
            raise BadResponse
        if "html" in content_type or "xml" in content_type:
            raise BadResponse

    async def _texts(
        self, batches: AsyncIterator[list[Event]], reader: CompletionReader
    ) -> AsyncGenerator[str, None]:
        """The reply's text, up to its finish reason, as much at once as came at once."""
        clock = asyncio.get_running_loop().time
        choices_seen, advanced_at = 0, clock()
        async for events in batches:
            text, error = reader.read_all(events)
            if text:
                yield text
            if reader.finish_reason is not None or reader.done:
                return
            if error is not None:
                raise error
            if reader.choices_seen != choices_seen:
                choices_seen, advanced_at = reader.choices_seen, clock()
            elif clock() - advanced_at > self._patience:
                raise TimedOut

    async def _read_usage(self, batches: AsyncIterator[list[Event]], reader: CompletionReader) -> None:
        """What follows the finish reason; it may fail without harm to the reply."""
        try:
            async with asyncio.timeout(GOODBYE if reader.done else self._linger) as deadline:
                async for events in batches:
                    reader.read_all(events)
                    if reader.done:
                        deadline.reschedule(asyncio.get_running_loop().time() + GOODBYE)
        except (TimeoutError, httpx2.HTTPError, ProviderError):
            return


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
        said = error.body if error.body is not None else error.response.text
        raise diagnosis.from_status(error.status_code, said, error.response.headers) from None
    except (openai.APITimeoutError, httpx2.TimeoutException, TimeoutError) as error:
        if not _is_timeout(error):
            raise (CutOff if reader.started else Unavailable) from None
        raise TimedOut from None
    except httpx2.DecodingError:
        raise BadResponse from None
    except (openai.APIConnectionError, httpx2.RequestError, aiohttp.ClientError, OSError):
        raise (CutOff if reader.started else Unavailable) from None
    except (openai.OpenAIError, httpx2.InvalidURL, UnicodeError):
        raise InvalidRequest from None


def _is_timeout(error: BaseException) -> bool:
    """The client calls some lost connections time-outs too; what it had from below knows better."""
    while error.__cause__ is not None:
        error = error.__cause__
    return isinstance(error, (TimeoutError, httpx2.TimeoutException))
