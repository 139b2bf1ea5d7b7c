"""A program's socket, through the whole application."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from channels.testing import WebsocketCommunicator
from django.conf import settings

from config.asgi import application
from tests.support.running import DEADLINE
from tests.support.tab import HOST, Closed

OURS = f"http://{HOST}"


class TypedSocket:
    """By a token, unless told otherwise. `heard` is all that came."""

    def __init__(
        self,
        token: str = "",
        *,
        ticket: str = "",
        session: str = "",
        origin: str = "",
        unsent: Callable[[], int] = lambda: 0,
    ) -> None:
        given = {
            "host": HOST,
            "authorization": token and f"Bearer {token}",
            "cookie": session and f"{settings.SESSION_COOKIE_NAME}={session}",
            "origin": origin,
        }
        headers = [(name.encode(), value.encode()) for name, value in given.items() if value]
        path = f"/ws/v1/?ticket={ticket}" if ticket else "/ws/v1/"
        self.socket = WebsocketCommunicator(application, path, headers=headers)
        self.socket.scope["unsent"] = unsent
        self.heard: list[dict[str, Any]] = []

    async def opened(self) -> bool:
        accepted, _ = await self.socket.connect(timeout=DEADLINE)
        return bool(accepted)

    async def say(self, action: str, **payload: Any) -> None:
        await self.send(json.dumps({"action": action, "payload": payload}))

    async def send(self, text: str) -> None:
        await self.socket.send_to(text_data=text)

    async def ask(self, action: str, **payload: Any) -> dict[str, Any]:
        """Say it, and the next answer to anything that is said."""
        await self.say(action, **payload)
        return await self.answer()

    async def answer(self) -> dict[str, Any]:
        return await self.until("pong", "subscribed", "unsubscribed", "accepted", "error")

    async def until(self, *actions: str) -> dict[str, Any]:
        """The next message of one of these kinds."""
        while (message := await self.next())["action"] not in actions:
            pass
        return message

    async def next(self) -> dict[str, Any]:
        """The next message; raises Closed."""
        output = await self.socket.receive_output(timeout=DEADLINE)
        if output["type"] == "websocket.close":
            raise Closed(output["code"])
        output["text"].encode()  # as a server must
        self.heard.append(json.loads(output["text"]))
        return self.heard[-1]

    async def closed(self) -> int:
        """The code with which the socket is closed; what comes before it does not matter."""
        while True:
            try:
                await self.next()
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
async def typed_socket(token: str = "", **options: Any) -> AsyncIterator[TypedSocket]:
    opened = TypedSocket(token, **options)
    assert await opened.opened()
    try:
        yield opened
    finally:
        await opened.close()
