"""A page without a browser: it shows what a browser would show, and comes back as one does."""

import asyncio
import json
import re
import urllib.request
import uuid
from collections.abc import Callable
from contextlib import suppress
from html.parser import HTMLParser
from urllib.parse import urlencode

from tests.support.product import Account, words_of
from tests.support.websocket import Closed, Refused, Socket, connect

VOID = {"br", "hr", "img", "input", "meta", "link", "use", "path"}
PART = re.compile("message-(?P<message>.{36})-(?P<part>blocks|tail)")
LIVE = {"queued", "streaming"}
COME_BACK_AFTER = 0.1  # seconds


class Body:
    """What is shown of one reply: the text of its closed blocks and of its open one."""

    def __init__(self) -> None:
        self.blocks = self.tail = self.status = ""
        self.buttons: set[str] = set()

    @property
    def words(self) -> str:
        return words_of(self.blocks + self.tail)


class Transcript(HTMLParser):
    """The replies of a page: `apply` does to them what htmx does with a page or a frame."""

    def __init__(self) -> None:
        super().__init__()
        self.replies: dict[str, Body] = {}
        self.position: dict[str, str] = {}
        self.accepted: set[str] = set()
        self._sink: tuple[Body, str] | None = None
        self._depth = 0
        self._entry: Body | None = None

    def apply(self, html: str) -> None:
        """Take a frame in; what had been shown must still be there afterwards."""
        shown = {pk: body.words for pk, body in self.replies.items()}
        self.feed(html)
        for pk, words in shown.items():
            assert self.replies[pk].words.startswith(words), f"{pk} was taken back: {words[-60:]!r}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        name = values.get("id", "")
        if self._sink:
            self._depth += tag not in VOID
        elif name == "position":
            self.position = {key: values[f"data-{key}"] for key in ("conversation", "rev", "account-rev")}
        elif name == "accepted":
            self.accepted.add(values["data-key"])
        elif "message-assistant" in values.get("class", "").split():
            self._entry = self.replies.setdefault(name.removeprefix("message-"), Body())
            self._entry.status, self._entry.buttons = values["data-status"], set()
        elif self._entry and tag == "button" and "formaction" in values:
            self._entry.buttons.add(values["formaction"].rstrip("/").rpartition("/")[2])
        else:
            self._open_sink(name, values.get("hx-swap-oob", ""))

    def _open_sink(self, name: str, swap: str) -> None:
        appends = swap.startswith("beforeend:#")
        part_of = PART.fullmatch(swap.removeprefix("beforeend:#") if appends else name)
        if not part_of:
            return
        body, part = self.replies[part_of["message"]], part_of["part"]
        if not appends:
            setattr(body, part, "")
        self._sink, self._depth = (body, part), 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An empty element holds no text."""

    def handle_endtag(self, tag: str) -> None:
        if self._sink and tag not in VOID:
            self._depth -= 1
            if self._depth == 0:
                self._sink = None

    def handle_data(self, data: str) -> None:
        if self._sink:
            body, part = self._sink
            setattr(body, part, getattr(body, part) + data)


class Viewer:
    """Watches one conversation and asks in it; whatever was not acknowledged goes out again."""

    def __init__(self, base_url: str, account: Account, conversation: uuid.UUID) -> None:
        self.transcript = Transcript()
        self.conversation = conversation
        self.asked: dict[str, str] = {}  # all that was ever sent, by key
        self._base_url, self._account = base_url, account
        self._changed = asyncio.Condition()
        self._socket: Socket | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def newest(self) -> Body | None:
        """The last reply that began."""
        return next(reversed(self.transcript.replies.values()), None)

    @property
    def newest_id(self) -> str:
        return next(reversed(self.transcript.replies))

    @property
    def unacknowledged(self) -> dict[str, str]:
        return {key: text for key, text in self.asked.items() if key not in self.transcript.accepted}

    @property
    def waits(self) -> bool:
        """Whether something that was asked has no final answer yet."""
        return bool(self.unacknowledged) or (self.newest is not None and self.newest.status in LIVE)

    def open(self) -> None:
        """Show what comes, until `close`; a lost socket is opened again."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._socket = None

    async def reload(self) -> None:
        """Forget the page and load it anew: all that was seen before must be on it."""
        await self.close()
        seen = {pk: body.words for pk, body in self.transcript.replies.items()}
        page = await asyncio.to_thread(self._load)
        accepted, self.transcript = self.transcript.accepted, Transcript()
        self.transcript.feed(page)
        self.transcript.accepted |= accepted
        for pk, words in seen.items():
            assert self.transcript.replies[pk].words.startswith(words), f"{pk} is shorter after a reload"
        self.open()

    async def ask(self, text: str) -> None:
        key = str(uuid.uuid4())
        self.asked[key] = text
        await self._send(command="send", key=key, text=text)

    async def go_on(self) -> None:
        await self._send(command="continue", message=self.newest_id)

    async def until(self, condition: Callable[[], object], *, within: float) -> None:
        """Wait for what frames bring about; raises whatever went wrong with one."""
        assert self._task
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(lambda: condition() or (self._task and self._task.done()))
        if self._task.done():
            self._task.result()

    async def _run(self) -> None:
        try:
            while True:
                try:
                    await self._watch()
                except (Closed, Refused, OSError, TimeoutError):
                    self._socket = None
                    await asyncio.sleep(COME_BACK_AFTER)
        finally:
            await self._tell()

    async def _watch(self) -> None:
        async with connect(self._address(), cookie=f"sessionid={self._account.session}") as socket:
            self._socket = socket
            for key, text in self.unacknowledged.items():
                await self._send(command="send", key=key, text=text)
            while True:
                self.transcript.apply(str(await socket.receive(within=60)))
                await self._tell()

    async def _send(self, **values: str) -> None:
        if self._socket:
            with suppress(OSError, Closed):
                await self._socket.send(json.dumps({"conversation": str(self.conversation), **values}))

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _address(self) -> str:
        position = self.transcript.position
        query = {"rev": position.get("rev", "0"), "account_rev": position.get("account-rev", "0")}
        if position.get("conversation"):
            query["conversation"] = position["conversation"]
        return f"{self._base_url}/ws/?{urlencode(query)}"

    def _load(self) -> str:
        headers = {"Cookie": f"sessionid={self._account.session}"}
        request = urllib.request.Request(f"{self._base_url}/c/{self.conversation}/", headers=headers)
        with urllib.request.urlopen(request, timeout=10) as response:
            return str(response.read().decode())
