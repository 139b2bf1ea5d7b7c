"""An open page's socket, through the whole application; `until` waits for what the page is sent."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from channels.testing import WebsocketCommunicator
from django.conf import settings

from config.asgi import application
from tests.support.running import DEADLINE

HOST = "testserver"


class Closed(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class Tab:
    def __init__(
        self,
        session: str = "",
        *,
        origin: str | None = f"http://{HOST}",
        languages: str = "en",
        **position: Any,
    ) -> None:
        headers = [(b"host", HOST.encode()), (b"accept-language", languages.encode())]
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        if session:
            headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode()))
        self.socket = WebsocketCommunicator(application, f"/ws/?{urlencode(position)}", headers=headers)
        self.frames: list[str] = []  # all that came

    async def opened(self) -> bool:
        accepted, _ = await self.socket.connect(timeout=DEADLINE)
        return bool(accepted)

    async def send(self, **values: Any) -> None:
        await self.socket.send_to(text_data=json.dumps(values))

    async def until(self, *words: str) -> str:
        """What comes from now on, up to the frame with which all of `words` have come."""
        seen = ""
        while not all(word in seen for word in words):
            seen += await self.frame()
        return seen

    async def frame(self) -> str:
        """The next frame; raises Closed."""
        output = await self.socket.receive_output(timeout=DEADLINE)
        if output["type"] == "websocket.close":
            raise Closed(output["code"])
        output["text"].encode()  # as a server must
        self.frames.append(output["text"])
        return str(output["text"])

    async def closed(self) -> int:
        """The code with which the socket is closed; what comes before it does not matter."""
        while True:
            try:
                await self.frame()
            except Closed as closed:
                return closed.code

    async def close(self) -> None:
        """Go, and see the application end its part."""
        async with asyncio.timeout(DEADLINE):
            await self.socket.send_input({"type": "websocket.disconnect", "code": 1001})
            await self.socket.wait(timeout=DEADLINE)

    async def give_up(self) -> None:
        """Do as a server does that has waited long enough for the application to end its part."""
        self.socket.future.cancel()
        await asyncio.gather(self.socket.future, return_exceptions=True)


@asynccontextmanager
async def tab(session: str, **options: Any) -> AsyncIterator[Tab]:
    opened = Tab(session, **options)
    assert await opened.opened()
    try:
        yield opened
    finally:
        await opened.close()
