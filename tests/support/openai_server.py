"""A model server that speaks the OpenAI protocol, well or badly, as scripted.

In a test: `with OpenAIServer() as server` (a thread with its own loop) or `async with` (this loop);
`server.play("rate_limited")` scripts the next request. As a process of its own:
`python -m tests.support.openai_server --port 9001`; there, as in tests, a user's message whose first line
is `!behaviour NAME` picks a behaviour of `openai_behaviours.BEHAVIOURS`.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import struct
import sys
import threading
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from typing import Self

from tests.support.openai_behaviours import REPLY, behaviour, choose
from tests.support.openai_responses import Responses
from tests.support.openai_scripts import CLOSE, HANG, RESET, Pause, Raw, ReceivedRequest, Script, Step

MAX_HEAD = 64 << 10


class OpenAIServer:
    def __init__(self, *, port: int = 0) -> None:
        self.port = port
        self.requests: list[ReceivedRequest] = []
        self.open_streams = 0  # requests that wait for their answer or its end
        self.connections = 0  # accepted so far
        self.responses = Responses(REPLY)
        self._played: deque[Script | str] = deque()
        self._changed = threading.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def play(self, *scripts: Script | str) -> None:
        """Answer the next requests so, one each; later ones by their last message."""
        self._played.extend(scripts)

    def forget(self) -> None:
        """Start anew for the next test."""
        self.requests.clear()
        self._played.clear()
        self.responses.forget()

    def wait_for(self, condition: Callable[[], object], *, timeout: float = 20) -> None:
        """Until what requests change is so."""
        with self._changed:
            if not self._changed.wait_for(condition, timeout):
                raise AssertionError(
                    f"{self.open_streams} open streams, {len(self.requests)} requests so far"
                )

    def wait_for_open_streams(self, count: int) -> None:
        self.wait_for(lambda: self.open_streams == count)

    async def open_streams_to_be(self, count: int) -> None:
        await asyncio.to_thread(self.wait_for_open_streams, count)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=1 << 24)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.responses.stop()
        await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.start(), self._loop).result()
        return self

    def __exit__(self, *exc_info: object) -> None:
        asyncio.run_coroutine_threadsafe(self.stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _answer_to(self, request: ReceivedRequest) -> Script:
        scripted = request.method == "POST" and self._played
        if "/responses" in request.path and not scripted:
            return await self.responses.answer(request)
        return self._script_for(request)

    def _script_for(self, request: ReceivedRequest) -> Script:
        if request.method == "POST" and self._played:
            played = self._played.popleft()
            return behaviour(played, request) if isinstance(played, str) else played
        return choose(request)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            await self._serve_requests(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve_requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = b""
        while True:
            request = await _read_request(first, reader)
            self.requests.append(request)
            script = await self._answer_to(request)
            next_byte = asyncio.create_task(reader.read(1))  # comes, empty, when the client goes
            try:
                if not await self._answer(script, writer, next_byte):
                    return
                first = await next_byte
            finally:
                next_byte.cancel()
            if not first:
                return

    async def _answer(
        self, script: Script, writer: asyncio.StreamWriter, client_gone: asyncio.Task[bytes]
    ) -> bool:
        """Whether the connection may serve another request."""
        self._count(1)
        answer = asyncio.create_task(_play(script, writer))
        try:
            await asyncio.wait((client_gone, answer), return_when=asyncio.FIRST_COMPLETED)
            return answer.done() and answer.result()
        finally:
            answer.cancel()
            await asyncio.gather(answer, return_exceptions=True)
            self._count(-1)

    def _count(self, difference: int) -> None:
        with self._changed:
            self.open_streams += difference
            self._changed.notify_all()


async def _read_request(first: bytes, reader: asyncio.StreamReader) -> ReceivedRequest:
    head = first + await reader.readuntil(b"\r\n\r\n")
    request_line, *lines = head.decode("latin-1").strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    method, path, _ = request_line.split(" ", 2)
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return ReceivedRequest(method, path, headers, body)


async def _play(script: Script, writer: asyncio.StreamWriter) -> bool:
    """Whether the connection may serve another request."""
    if script.delay is not None:
        await asyncio.sleep(script.delay)
    writer.write(script.head())
    async for step in _each(script.steps):
        if step is RESET:
            await writer.drain()
            _reset(writer)
            return False
        if step is CLOSE:
            return False
        await _take(step, writer)
    writer.write(b"0\r\n\r\n" if script.chunked else b"")
    await writer.drain()
    return script.chunked


async def _each(steps: Iterable[Step] | AsyncIterable[Step]) -> AsyncIterator[Step]:
    if isinstance(steps, AsyncIterable):
        async for step in steps:
            yield step
    else:
        for step in steps:
            yield step


async def _take(step: Step, writer: asyncio.StreamWriter) -> None:
    if step is HANG:
        await writer.drain()
        await asyncio.Event().wait()
    elif isinstance(step, Pause):
        await writer.drain()
        await asyncio.sleep(step.seconds)
    elif isinstance(step, Raw):
        writer.write(step.data)
        await writer.drain()
    elif isinstance(step, bytes) and step:
        writer.write(b"%x\r\n%b\r\n" % (len(step), step))
        await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Ends the connection with RST instead of FIN."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _main(port: int) -> None:
    async with OpenAIServer(port=port) as server:
        sys.stdout.write(f"{server.base_url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A scriptable model server.")
    parser.add_argument("--port", type=int, default=9001)
    asyncio.run(_main(parser.parse_args().port))
