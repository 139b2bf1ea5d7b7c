"""Daphne as we run it: our own signals, closing ports at will, requests bounded before they are taken in.

Each scope has `unsent`, which says how many bytes its client has not taken in.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from autobahn.exception import Disconnected
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.server import Server, twisted_loop
from daphne.ws_protocol import WebSocketProtocol
from django.conf import settings

from apps.ops.memory import return_freed_memory, settle_memory

MOST_SOCKET_BYTES = 4 * 2**20  # a message of 200,000 code points, escaped in the worst way, and some room
loop = twisted_loop  # where everything of a web process runs
MOST_WAITING = 16  # messages of one socket that its consumer has not taken yet
LOOK_AGAIN_AFTER = 0.05  # seconds
MOST_UNSENT = 8 * 2**20  # bytes that a page may leave untaken; one that acknowledges leaves far less
GOODBYE_WITHIN = 5.0  # seconds that a page has to answer a close
LINGER = 1.0  # seconds a refused body may go on arriving
EVENT_STREAM = b"text/event-stream"
BODY_WITHIN = 10.0  # seconds between two pieces of a body
LAST_PORT = 65_535
MOST_ACCEPTED = 4_096  # connections that wait to be accepted when the ports close: the kernel keeps no more
ASKS_WITHIN = 0.5  # seconds in which a connection that was just accepted may ask for something
TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class BoundedRequest(WebRequest):  # type: ignore[misc]  # Daphne ships no types
    """Refuses a body over DATA_UPLOAD_MAX_MEMORY_SIZE by its announced length, or once it grows past it."""

    _taken = 0
    _refused = False
    _watched: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Django reads forms, in a thread; Twisted would do so as well, while every socket waits.
        super().__init__(*args, **kwargs, parsePOSTFormSubmission=False)

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name
        if length is not None and length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            self._refuse()
        else:
            super().gotLength(length)
            self._watch(-1)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self._taken += len(data)
        if self._taken > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            self._refuse()
        elif not self._refused:
            super().handleContentChunk(data)

    def requestReceived(self, *args: Any) -> None:  # noqa: N802 - Twisted's name
        if self._watched:
            self._watched.cancel()
        if not self._refused:
            super().requestReceived(*args)

    def process(self) -> Any:
        """Django takes any number for a port, and our own name where no host is named."""
        host = (self.requestHeaders.getRawHeaders(b"host") or [b""])[-1]
        port = host.rpartition(b":")[2] if b":" in host else b""
        if (port.isdigit() and int(port[:9]) > LAST_PORT) or not (host or self.clientproto == b"HTTP/1.0"):
            self.basic_error(400, b"Bad Request", "Invalid host")
            return None
        if self.server.is_closing:
            self.responseHeaders.setRawHeaders(b"connection", [b"close"])
            self.channel.persistent = False
        return super().process()

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Whoever takes in nothing of a stream of events is dropped, as on a socket."""
        if message.get("more_body") and self.unsent() > MOST_UNSENT and self._is_event_stream():
            self.channel.transport.abortConnection()
        else:
            super().handle_reply(message)

    def unsent(self) -> int:
        return _unsent(self.channel.transport) if self.channel and not self.finished else 0

    def _is_event_stream(self) -> bool:
        kinds = self.responseHeaders.getRawHeaders(b"content-type", [b""])
        return bool(kinds[0].startswith(EVENT_STREAM))

    def _watch(self, taken: int) -> None:
        """Give up on a body of which nothing more has come."""
        if taken == self._taken and self.channel:
            self._refuse(TOO_LATE)
        else:
            self._watched = loop.call_later(BODY_WITHIN, self._watch, self._taken)

    def _refuse(self, answer: bytes = TOO_LARGE) -> None:
        """Answer, and let what is on its way pass by for a moment: closing at once would lose the answer."""
        if not self._refused:
            self._refused = True
            transport = self.channel.transport
            transport.write(answer)
            transport.loseWriteConnection()
            loop.call_later(LINGER, transport.abortConnection)


class BoundedFactory(HTTPFactory):  # type: ignore[misc]  # Daphne ships no types
    def __init__(self, server: Any) -> None:
        super().__init__(server)
        self.connections: WeakSet[Any] = WeakSet()

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802 - Twisted's name
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = BoundedRequest
        protocol.since = loop.time()
        self.connections.add(protocol)
        return protocol

    @property
    def is_busy(self) -> bool:
        """Whether somebody takes in an answer, or has connected so lately that a request may be coming."""
        young = loop.time() - ASKS_WITHIN
        return any(
            not transport.disconnected and (since > young or _unsent(transport))
            for since, transport in ((each.since, each._channel.transport) for each in self.connections)
        )


class Socket(WebSocketProtocol):  # type: ignore[misc]  # Daphne ships no types
    """Bounds what waits for its consumer and for its page: Daphne's queue and Twisted's buffer know no end.

    What the consumer has no time for stays in the network; a page that takes nothing in is dropped.
    """

    _paused = False

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803 - Autobahn's
        super().onMessage(payload, isBinary)
        if not self._paused and self.application_queue.qsize() > MOST_WAITING:
            self._paused = True
            self.transport.pauseProducing()
            loop.call_later(LOOK_AGAIN_AFTER, self._look_again)

    def _look_again(self) -> None:
        if self.state == self.STATE_CLOSED:
            return
        if self.application_queue.qsize() > MOST_WAITING:
            loop.call_later(LOOK_AGAIN_AFTER, self._look_again)
        else:
            self._paused = False
            self.transport.resumeProducing()

    def serverSend(self, content: str, binary: bool = False) -> None:  # noqa: N802 - Daphne's
        """A page that is leaving has nothing more to be told; its consumer hears of that next."""
        if self.unsent() > MOST_UNSENT:
            self.transport.abortConnection()
            return
        with suppress(Disconnected):
            super().serverSend(content, binary)

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:  # noqa: N802
        """Write a frame; Autobahn's own colours a line of the debug log for each, whoever reads it or not."""
        if sync or chopsize or self.send_queue:
            super().sendData(data, sync, chopsize)
        else:
            self.transport.write(data)

    def unsent(self) -> int:
        return _unsent(self.transport)


class Listener(Server):  # type: ignore[misc]  # Daphne ships no types
    """A Daphne server that leaves signals to its owner and keeps hold of its ports."""

    def __init__(self, application: Any, endpoints: list[str], *, on_listening: Callable[[], None]) -> None:
        proxied = settings.TRUST_PROXY_HEADERS
        super().__init__(
            application,
            endpoints=endpoints,
            signal_handlers=False,
            application_close_timeout=15,
            ping_interval=15,
            ping_timeout=20,
            websocket_timeout=-1,  # the default ends every socket after a day
            websocket_max_message_size=MOST_SOCKET_BYTES,
            websocket_max_frame_size=MOST_SOCKET_BYTES,
            proxy_forwarded_address_header="X-Forwarded-For" if proxied else None,
            proxy_forwarded_port_header="X-Forwarded-Port" if proxied else None,
            proxy_forwarded_proto_header="X-Forwarded-Proto" if proxied else None,
            verbosity=1,
            server_name="Colloquy",
        )
        self.failed = False
        self.is_closing = False
        self._ports: list[Any] = []
        self._on_listening = on_listening

    def run(self) -> None:
        return_freed_memory()
        settle_memory()
        super().run()

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        scope["unsent"] = protocol.unsent
        return super().create_application(protocol, scope)

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self.ws_factory.protocol = Socket
        # A broken frame is answered with a close code, which arrives only if the rest of the frame may.
        self.ws_factory.setProtocolOptions(failByDrop=False, closeHandshakeTimeout=GOODBYE_WITHIN)
        port.factory = BoundedFactory(self)
        self._ports.append(port)
        self._on_listening()

    def listen_error(self, failure: Any) -> None:
        self.failed = True
        super().listen_error(failure)

    def close_ports(self) -> None:
        """Accept no more connections; those that are open, or wait to be accepted, go on."""
        self.is_closing = True
        for port in self._ports:
            port.numberAccepts = MOST_ACCEPTED
            port.doRead()
            port.stopListening()

    async def emptied(self, within: float) -> None:
        """Wait, so many seconds at most, until all have their answers, and sockets and streams have ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._is_busy:  # noqa: ASYNC110 - neither Daphne nor Twisted rings a bell
                    await asyncio.sleep(LOOK_AGAIN_AFTER)

    @property
    def _is_busy(self) -> bool:
        return any(map(_is_open, self.connections.values())) or any(p.factory.is_busy for p in self._ports)


def _is_open(connection: dict[str, Any]) -> bool:
    """Whether a request, as Daphne keeps it, is being taken in or answered."""
    answer = connection.get("application_instance")
    return "disconnected" not in connection or (answer is not None and not answer.done())


def _unsent(transport: Any) -> int:
    """Bytes that Twisted holds for a client; it counts them nowhere else."""
    return len(transport.dataBuffer) - int(transport.offset) + int(transport._tempDataLen)
