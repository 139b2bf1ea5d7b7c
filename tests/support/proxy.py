"""A proxy that hands every connection to the next of several servers, as a balancer without memory does.

`with Spreading(ports) as proxy` serves `proxy.base_url` from a thread of its own. A server that does not
accept is passed over; what a connection carries is not looked at.
"""

import asyncio
import itertools
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
MOST_AT_ONCE = 1 << 16  # bytes


class Spreading:
    def __init__(self, ports: Sequence[int]) -> None:
        self.served: dict[int, int] = dict.fromkeys(ports, 0)  # connections by the port that took them
        self._turns: Iterator[int] = itertools.cycle(ports)
        self._port: Future[int] = Future()
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def base_url(self) -> str:
        return f"http://localhost:{self._port.result()}"

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_until_complete, args=(self._serve(),), name="proxy"
        )
        self._thread.start()
        self._port.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        self._loop.close()

    def cut(self) -> int:
        """Break every connection there is, as a network does; how many there were. New ones are taken."""
        return asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Break every connection there is, and take none until the block ends."""
        turns, self._turns = self._turns, iter(())
        try:
            self.cut()
            yield
        finally:
            self._turns = turns

    async def _cut(self) -> int:
        cut = [task for task in self._connections if task.cancel()]
        await asyncio.gather(*cut, return_exceptions=True)
        return len(cut)

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        connections = self._connections

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._carry(reader, writer))
            connections.add(task)
            task.add_done_callback(connections.discard)

        server = await asyncio.start_server(accept, HOST, 0)
        self._port.set_result(server.sockets[0].getsockname()[1])
        await self._over.wait()
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await self._next_server()
        except OSError:
            writer.transport.abort()
            return
        try:
            await asyncio.gather(_copy(reader, there_writer), _copy(there_reader, writer))
        finally:
            writer.transport.abort()
            there_writer.transport.abort()

    async def _next_server(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to whoever's turn it is, or to the first behind them that accepts; raises OSError."""
        refused = OSError("no server accepts")
        for port in itertools.islice(self._turns, len(self.served)):
            try:
                streams = await asyncio.open_connection(HOST, port)
            except OSError as error:
                refused = error
            else:
                self.served[port] += 1
                return streams
        raise refused


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes until one side has no more; then the other side is told so."""
    with suppress(ConnectionError):
        while data := await reader.read(MOST_AT_ONCE):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
