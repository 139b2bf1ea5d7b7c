"""One open page: shows what comes, sends until it is acknowledged, and comes back as the browser does."""

import asyncio
import time
import urllib.request
from collections.abc import Sequence
from itertools import cycle
from random import Random
from typing import Never
from urllib.parse import urlencode

from apps.ops.drill.ledger import Ledger, Sending
from apps.ops.drill.line import Line
from apps.ops.drill.page import Page
from apps.ops.drill.socket import Lost, Socket, connect

FIRST_DELAY, LONGEST_DELAY = 0.5, 8.0  # seconds, as in static/js/socket.js
NOT_WELCOME = {4001, 4400, 4404}  # close codes after which a browser leaves the page
LOAD_WITHIN, LOADED_WITHIN = 10.0, 60.0  # seconds for one try to load a page, and for all
NOT_UNDERSTOOD = "could not be understood"  # as in apps/web/wording.py
TURNED_DOWN = 1.0  # seconds until what was turned down is sent again


class Tab:
    """`sites` are the addresses of the web processes, its usual one first: a proxy would choose alike."""

    def __init__(self, sites: Sequence[str], session: str, ledger: Ledger, chance: Random) -> None:
        self.page = Page("")
        self.site = sites[0]
        self.outbox: dict[str, Sending] = {}
        self._sites, self._cookie = list(sites), f"sessionid={session}"
        self._ledger, self._chance = ledger, chance
        self._socket: Socket | None = None
        self._line: Line | None = None
        self._shows = False  # something has come on this connection
        self._watching: asyncio.Task[None] | None = None
        self._resends: set[asyncio.Task[None]] = set()

    @property
    def conversation(self) -> str:
        return self.page.conversation

    @property
    def is_connected(self) -> bool:
        return self._line is not None

    async def open(self, conversation: str = "") -> None:
        """Load the page of a conversation, or an empty one; what it showed before must be on it."""
        await self.close()
        same = conversation == self.conversation
        if html := await self._load(conversation):
            self.page = Page(html, self.page.seen if same else None)
        self._note_what_was_taken_back()
        self._watching = asyncio.create_task(self._watch())

    async def look(self, conversation: str) -> Page:
        """The page of a conversation as it would be loaded now."""
        return Page(await self._load(conversation))

    async def close(self) -> None:
        """Raises what went wrong with a frame."""
        if self._watching:
            self._watching.cancel()
            await asyncio.wait([self._watching])
            if not self._watching.cancelled():
                self._watching.result()
        for resend in self._resends:
            resend.cancel()

    async def send(self, sending: Sending) -> None:
        """Keep it until it is acknowledged; without a connection it goes out with the next one."""
        if not sending.acknowledged:
            self.outbox[sending.key] = sending
        sending.copies += 1
        values = {"key": sending.key, "text": sending.question.prompt, "conversation": sending.conversation}
        how = {"command": "edit", "message": sending.edits} if sending.edits else {"command": "send"}
        await self._say({**how, **values})

    async def command(self, name: str, **values: str) -> None:
        """Ask for something that nobody insists on: it is lost with the connection."""
        await self._say({"command": name, "conversation": self.conversation, **values})

    async def leave(self, *, politely: bool) -> None:
        """Lose the connection."""
        if self._socket and politely:
            await self._socket.close()
        elif self._socket:
            self._socket.abort()

    async def _watch(self) -> None:
        """Show what comes; a lost connection is opened again, with another process, as a proxy might."""
        tries = 0
        for site in cycle(self._sites):
            self.site, self._shows = site, False
            try:
                async with connect(self._address(), cookie=self._cookie) as self._socket:
                    await self._show(Line(self._socket))
            except Lost as lost:
                tries = 1 if self._shows else tries + 1
                self._note(lost.code)
            finally:
                self._end_line()
            await asyncio.sleep(self._chance.uniform(0, min(LONGEST_DELAY, FIRST_DELAY * 2 ** (tries - 1))))

    async def _show(self, line: Line) -> Never:
        self._line = line
        for sending in list(self.outbox.values()):
            await self.send(sending)
        while True:
            self._take_in(await line.receive())
            self._shows = True

    def _end_line(self) -> None:
        if self._line:
            self._line.let_go()
        self._socket = self._line = None

    def _take_in(self, frame: str) -> None:
        self.page.apply(frame)
        self._note_what_was_taken_back()
        if NOT_UNDERSTOOD in frame:
            self._ledger.complaints.append(f"a page of {self.conversation} was not understood")
        if sending := self.outbox.get(self.page.accepted):
            sending.acknowledged = True
            del self.outbox[sending.key]
        if 'id="composer-error"' in frame and (sending := self.outbox.get(self.page.rejected)):
            resend = asyncio.create_task(self._send_later(sending))
            self._resends.add(resend)
            resend.add_done_callback(self._resends.discard)
        self._ledger.tell()

    async def _send_later(self, sending: Sending) -> None:
        await asyncio.sleep(TURNED_DOWN)
        if sending.key in self.outbox:
            await self.send(sending)

    def _note(self, code: int) -> None:
        self._ledger.reconnections += 1
        if code in NOT_WELCOME:
            self._ledger.complaints.append(f"a page of {self.conversation} was sent away with {code}")

    def _note_what_was_taken_back(self) -> None:
        self._ledger.complaints += (f"a page took back {what}" for what in self.page.taken_back)
        self.page.taken_back.clear()

    def _address(self) -> str:
        return f"{self.site}/ws/?{urlencode({**self.page.position, 'credit': '1'})}"

    async def _say(self, values: dict[str, str]) -> None:
        if self._line:
            await self._line.send(values)

    async def _load(self, conversation: str) -> str:
        """The page from whichever process answers; empty, and a complaint, if none does."""
        path = f"/c/{conversation}/" if conversation else "/"
        deadline = time.monotonic() + LOADED_WITHIN
        for site in cycle(self._sites):
            try:
                return await asyncio.to_thread(_got, f"{site}{path}", self._cookie)
            except OSError as error:
                if time.monotonic() > deadline:
                    self._ledger.complaints.append(f"{path} could not be loaded: {error}")
                    break
                await asyncio.sleep(self._chance.uniform(0, FIRST_DELAY))
        return ""


def _got(url: str, cookie: str) -> str:
    request = urllib.request.Request(url, headers={"Cookie": cookie})  # noqa: S310 - our own address
    with urllib.request.urlopen(request, timeout=LOAD_WITHIN) as response:  # noqa: S310
        return str(response.read().decode())
