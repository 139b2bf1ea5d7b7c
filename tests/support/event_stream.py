"""A stream of events through the whole application, as a program reads it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from asgiref.testing import ApplicationCommunicator

from config.asgi import application
from tests.support.running import DEADLINE

HOST = "testserver"
API = "/api/v1"


@dataclass(frozen=True)
class Told:
    """One event; `id` is None where the stream gives none."""

    name: str
    id: str | None
    payload: dict[str, Any]


class Stream:
    """`headers` have come already; `heard` is all that came, in order, comments among it."""

    def __init__(
        self,
        path: str,
        *,
        method: str = "GET",
        body: Any = None,
        unsent: Callable[[], int] = lambda: 0,
        **headers: str,
    ) -> None:
        path, _, query = f"{API}{path}".partition("?")
        sent = {"host": HOST, **({"content-type": "application/json"} if body else {}), **headers}
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "root_path": "",
            "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in sent.items()],
            "unsent": unsent,
        }  # fmt: skip
        self._asgi = ApplicationCommunicator(application, scope)
        self._body = json.dumps(body).encode() if body else b""
        self._unread = ""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.heard = ""
        self.has_ended = False

    async def open(self) -> None:
        await self._asgi.send_input({"type": "http.request", "body": self._body})
        start = await self._asgi.receive_output(timeout=DEADLINE)
        self.status = start["status"]
        self.headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}

    async def next(self) -> Told | None:
        """The next event; None at the end of the stream."""
        while (block := await self.block()) is not None:
            fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if "event" in fields or "data" in fields:
                return Told(fields["event"], fields.get("id"), json.loads(fields["data"]))
        return None

    async def block(self) -> str | None:
        """What stands up to the next empty line; None at the end."""
        while "\n\n" not in self._unread:
            if self.has_ended:
                return None
            await self._receive()
        block, _, self._unread = self._unread.partition("\n\n")
        return block

    async def until(self, name: str) -> list[Told]:
        """All up to the next event of this name."""
        events: list[Told] = []
        while not events or events[-1].name != name:
            event = await self.next()
            assert event, f"the stream has ended without {name}: {[e.name for e in events]}"
            events.append(event)
        return events

    async def rest(self) -> list[Told]:
        """All up to the end."""
        events = []
        while event := await self.next():
            events.append(event)
        return events

    async def text(self) -> str:
        """The whole body."""
        while not self.has_ended:
            await self._receive()
        return self.heard

    async def leave(self) -> None:
        """Go, and see the application end its part."""
        await self._asgi.send_input({"type": "http.disconnect"})
        async with asyncio.timeout(DEADLINE):
            await self._asgi.wait(timeout=DEADLINE)

    async def _receive(self) -> None:
        output = await self._asgi.receive_output(timeout=DEADLINE)
        text = output.get("body", b"").decode()
        self._unread += text
        self.heard += text
        self.has_ended = not output.get("more_body", False)


@asynccontextmanager
async def stream(path: str, **options: Any) -> AsyncIterator[Stream]:
    opened = Stream(path, **options)
    await opened.open()
    try:
        yield opened
    finally:
        await opened.leave()
