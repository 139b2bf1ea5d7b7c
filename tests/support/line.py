"""A browser's connection, which a test can spoil: the sockets of its pages alone, or all of it."""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from playwright.sync_api import BrowserContext, WebSocketRoute

CUT, RESTART = 1011, 4012
HERE = "<!--here-->"
UPKEEP = {"ping", "ack"}
# What a browser says of sockets that are closed under its hands; which of it, depends on the moment.
SPOILED = re.compile(
    r"closed before the connection is established|already in CLOSING or CLOSED state|\[object Event\]"
    r"|WebSocket connection to|net::ERR_"
)


class Line:
    """Made before the pages. `deaf` sockets stay open and bring nothing to the server.

    Sockets that are lost stay open, too, and bring nothing either way; those opened later are well.
    What the server says while it is held comes when that is released, in order.
    `instead`, if given, answers every command in the server's place, but for what keeps the socket alive.
    A `broken` server greets a page and closes; `greeted` counts how often it did.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.deaf = self.broken = False
        self.greeted = 0
        self.instead: Callable[[dict[str, Any]], str] | None = None
        self._context = context
        self._is_cut = False
        self._held: list[Callable[[], None]] | None = None
        self._sockets: list[WebSocketRoute] = []
        self._lost: set[WebSocketRoute] = set()
        context.route_web_socket(re.compile(r"/ws/"), self._connect)

    def cut(self, *, offline: bool = True) -> None:
        """Close the sockets and let none come back; `offline` lets no request through either."""
        self._is_cut = True
        self._context.set_offline(offline)
        for socket in self._sockets:
            socket.close(code=CUT)
        self._sockets.clear()

    def mend(self) -> None:
        self._is_cut = False
        self._context.set_offline(False)

    def lose(self) -> None:
        self._lost.update(self._sockets)

    def hold(self) -> None:
        self._held = []

    def release(self) -> None:
        held, self._held = self._held or [], None
        for deliver in held:
            deliver()

    def _connect(self, socket: WebSocketRoute) -> None:
        if self._is_cut:
            socket.close(code=CUT)
            return
        if self.broken:
            self.greeted += 1
            socket.send(HERE)
            socket.close(code=RESTART)
            return
        server = socket.connect_to_server()
        self._sockets.append(socket)
        socket.on_message(partial(self._carry, socket, server))
        server.on_message(partial(self._bring, socket))

    def _carry(self, socket: WebSocketRoute, server: WebSocketRoute, message: Any) -> None:
        values = json.loads(message)
        if self.instead and values["command"] not in UPKEEP:
            socket.send(self.instead(values))
        elif not self.deaf and socket not in self._lost:
            server.send(message)

    def _bring(self, socket: WebSocketRoute, message: str | bytes) -> None:
        if socket in self._lost:
            return
        if self._held is None:
            socket.send(message)
        else:
            self._held.append(partial(socket.send, message))
