"""What a page's scripts make of its socket: they join parts, acknowledge frames and doubt long silences."""

import asyncio
import json
from collections.abc import Mapping

from apps.ops.drill.socket import Socket

HERE, MORE, LAST = "<!--here-->", "+", "="  # as in static/js/colloquy.js
ACKNOWLEDGE_AT, TEXT_PER_FRAME = 32, 2048  # as in static/js/frames.js
ANSWER_WITHIN, SILENT_AFTER = 5.0, 20.0  # seconds, as in static/js/liveness.js


class Line:
    """Watches over a socket until `let_go`; one that seems dead is aborted."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._loop = asyncio.get_running_loop()
        self._frames = 0
        self._owed = 0.0
        self._silence = self._loop.call_later(SILENT_AFTER, self._doubt)
        self._answer: asyncio.TimerHandle | None = None  # while one is waited for
        self._asking: asyncio.Task[None] | None = None

    async def send(self, values: Mapping[str, str]) -> None:
        """Send a command, and see whether anybody is there."""
        await self._socket.send(json.dumps(values))
        self._doubt()

    async def receive(self) -> str:
        """The next frame with something to show; raises Lost."""
        parts = ""
        while True:
            data = await self._socket.receive()
            await self._count(data)
            if data.startswith(MORE):
                parts += data.removeprefix(MORE)
            elif data != HERE:
                return parts + data.removeprefix(LAST)

    def let_go(self) -> None:
        for timer in (self._silence, self._answer):
            if timer:
                timer.cancel()

    async def _count(self, data: str) -> None:
        self.let_go()
        self._answer = None
        self._silence = self._loop.call_later(SILENT_AFTER, self._doubt)
        self._frames += 1
        self._owed += 1 + len(data) / TEXT_PER_FRAME
        if self._owed >= ACKNOWLEDGE_AT:
            self._owed = 0.0
            await self._socket.send(json.dumps({"command": "ack", "frames": self._frames}))

    def _doubt(self) -> None:
        if self._answer is None:
            self._asking = self._loop.create_task(self._socket.send(json.dumps({"command": "ping"})))
            self._answer = self._loop.call_later(ANSWER_WITHIN, self._socket.abort)
