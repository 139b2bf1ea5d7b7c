"""Who uses the product in these tests: over HTTP and over a socket, looking closely at all they are shown."""

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode

import httpx2

from apps.ops.stack import CHECKOUT
from apps.web.wording import REJECTIONS
from tests.bad_inputs.surroundings import API_KEY
from tests.support.openai_failures import SECRET
from tests.support.product import Account
from tests.support.websocket import TEXT, Closed, Socket, connect

CSRF_TOKEN = "a" * 32
REJECTION_CODES = ("invalid", "blank", *REJECTIONS)  # some share a sentence: the first one stands for all
FINAL = ("complete", "stopped", "interrupted", "failed")
NEVER_SHOWN = (
    API_KEY,
    SECRET,
    str(CHECKOUT),
    "Traceback (most recent call last)",
    "/site-packages/",
    "sk-up",
)
MESSAGE = re.compile(
    r'<li id="message-([0-9a-f-]{36})" class="message message-(user|assistant) is-(\w+)".*?</li>\n', re.DOTALL
)
REJECTED = re.compile(r'<p id="composer-error"[^>]*>(.*?)</p>', re.DOTALL)
PROBLEM = re.compile(r'<p class="problem[^"]*">.*?<span class="problem-text">(.*?)</span>', re.DOTALL)


def looked_at(text: str) -> str:
    """`text`, in which there is nothing that no one may see."""
    found = [secret for secret in NEVER_SHOWN if secret in text]
    assert not found, found
    return text


@dataclass(frozen=True)
class Verdict:
    """What became of a text: how it is `stored`, or the code of the sentence that refused it."""

    stored: str | None = None
    code: str = ""


@dataclass(frozen=True)
class Shown:
    """A message as a page or frame shows it."""

    id: str
    role: str
    status: str
    html: str

    @property
    def problem(self) -> str:
        found = PROBLEM.search(self.html)
        return unescape(found[1]) if found else ""

    def offers(self, action: str) -> bool:
        return f"/{action}/" in self.html


def messages_in(html: str) -> list[Shown]:
    return [Shown(found[1], found[2], found[3], found[0]) for found in MESSAGE.finditer(html)]


class Page:
    """An open page: its conversation and its socket."""

    def __init__(self, person: "Person", socket: Socket, conversation: str) -> None:
        self.person, self.socket, self.conversation = person, socket, conversation
        self.seen: list[str] = []  # every frame, in order

    async def ask(self, command: str, **values: Any) -> str:
        """Send a command with a fresh key, or the one given; all that came up to its answer."""
        message = {"command": command, "conversation": self.conversation, "key": str(uuid.uuid4()), **values}
        await self.socket.send(json.dumps(message))
        return await self.until(f'data-key="{message["key"]}"')

    async def command(self, name: str, **values: str) -> None:
        """Send a command that is answered by its effect."""
        await self.socket.send(json.dumps({"command": name, "conversation": self.conversation, **values}))

    async def send(self, text: object, **values: Any) -> Verdict:
        """Send a message; as which text it is stored, or why it is not."""
        answer = await self.ask("send", text=text, **values)
        if refused := rejection_in(answer):
            return Verdict(code=refused)
        return Verdict(stored=self.person.sources(self.conversation, "user")[-1])

    async def rename(self, title: object) -> Verdict:
        """Rename the conversation; a refused command and a marker behind it are answered in order."""
        values = {
            "command": "rename",
            "conversation": self.conversation,
            "key": "the-renaming",
            "title": title,
        }
        await self.socket.send(json.dumps(values))
        await self.socket.send(json.dumps({"command": "nothing", "key": "the-marker"}))
        frames = await self.until('data-key="the-marker"')
        refused = rejection_in(frames) if 'data-key="the-renaming"' in frames else ""
        return Verdict(code=refused) if refused else Verdict(stored=self.person.title(self.conversation))

    async def reply(self, *statuses: str, within: float = 20.0, beyond: int = 0) -> Shown:
        """The last reply, once it is in one of `statuses` (or any final one) and no text is to come."""
        wanted = re.compile(f"message-assistant is-({'|'.join(statuses or FINAL)})")
        async with asyncio.timeout(within):
            while True:
                replies = [m for m in self.person.messages(self.conversation) if m.role == "assistant"]
                if len(replies) > beyond and wanted.search(replies[-1].html):
                    return replies[-1]
                while not wanted.search(await self.receive(within=within)):
                    pass

    async def receive(self, *, within: float = 20.0) -> str:
        self.seen.append(looked_at(str(await self.socket.receive(within=within))))
        return self.seen[-1]

    async def seeing(self, wanted: str) -> None:
        """Until `wanted` has come: now, or already."""
        while wanted not in "".join(self.seen):
            await self.receive()

    async def until(self, wanted: str) -> str:
        """All that comes, up to and with the frame that holds `wanted`."""
        frames = ""
        while wanted not in frames:
            frames += await self.receive()
        return frames


class Program:
    """A program of somebody's, and its socket."""

    def __init__(self, person: "Person", socket: Socket) -> None:
        self.person, self.socket = person, socket
        self.heard: list[dict[str, Any]] = []

    async def ask(self, action: str, **payload: Any) -> dict[str, Any]:
        """Say it with a fresh key, or the one given; its answer, whatever is told on the way."""
        payload = {"key": str(uuid.uuid4()), **payload}
        await self.socket.send(json.dumps({"action": action, "payload": payload}))
        return await self.answer(payload["key"])

    async def answer(self, key: object) -> dict[str, Any]:
        """What is answered to what was called so."""
        while (message := await self.next())["payload"].get("key") != key or "feed" in message["payload"]:
            pass
        return message

    async def next(self, *, within: float = 20.0) -> dict[str, Any]:
        self.heard.append(json.loads(looked_at(str(await self.socket.receive(within=within)))))
        return self.heard[-1]

    async def begun(self) -> str:
        """A conversation of theirs that is empty."""
        return str((await asyncio.to_thread(self.person.told, "/conversations"))["id"])


class Person:
    """Somebody who has signed in. `conversation` is their first, if they have something to lose."""

    conversation = ""

    def __init__(self, base_url: str, account: Account, http: httpx2.Client) -> None:
        self.base_url, self.email, self.session = base_url, account.email, account.session
        self._http = http

    @property
    def cookie(self) -> str:
        return f"sessionid={self.session}; csrftoken={CSRF_TOKEN}"

    def socket_url(self, conversation: str = "", rev: object = 0, account_rev: object = 0) -> str:
        return f"{self.base_url}/ws/?conversation={conversation}&rev={rev}&account_rev={account_rev}"

    @asynccontextmanager
    async def page(self, conversation: str = "") -> AsyncIterator[Page]:
        """A page with its socket: of a conversation, or of a new one that its first message begins."""
        url = self.socket_url(conversation)
        async with connect(url, cookie=self.cookie) as socket:
            try:
                yield Page(self, socket, conversation or str(uuid.uuid4()))
            except Closed as closed:
                raise AssertionError(f"the socket was closed with {closed.code}") from closed

    @asynccontextmanager
    async def program(self, **options: Any) -> AsyncIterator["Program"]:
        """A program of theirs with its socket, let in by their session."""
        async with connect(f"{self.base_url}/ws/v1/", cookie=self.cookie, **options) as socket:
            try:
                yield Program(self, socket)
            except Closed as closed:
                raise AssertionError(f"the socket was closed with {closed.code}") from closed

    def told(self, path: str, **values: Any) -> dict[str, Any]:
        """What the API answers to a program of theirs."""
        headers = {"X-CSRFToken": CSRF_TOKEN, "Origin": self.base_url, "Content-Type": "application/json"}
        answer = self._ask("POST", f"/api/v1{path}", headers=headers, content=json.dumps(values).encode())
        found: dict[str, Any] = answer.json()
        return found

    def deactivate(self, other: "Person") -> None:
        """What an administrator does who blocks somebody."""
        found = re.search(
            r'href="(/admin/accounts/user/\d+)/change/[^"]*">' + re.escape(other.email),
            self.get(f"/admin/accounts/user/?q={other.email}").text,
        )
        assert found
        assert self.post(f"{found[1]}/do/", form(what="blocked")).status_code == 302

    def send_by_form(self, conversation: str, text: str) -> Verdict:
        """What the composer posts where there are no scripts."""
        answer = self.post(f"/c/{conversation}/send/", form(key=str(uuid.uuid4()), text=text))
        return self._verdict(answer, lambda: self.sources(conversation, "user")[-1])

    def edit_by_form(self, conversation: str, text: str) -> Verdict:
        """Edit the first question that is shown."""
        fields = {"message": self.messages(conversation)[0].id, "key": str(uuid.uuid4()), "text": text}
        answer = self.post(f"/c/{conversation}/edit/", form(**fields))
        return self._verdict(answer, lambda: self.sources(conversation, "user")[-1])

    def rename_by_form(self, conversation: str, title: str) -> Verdict:
        answer = self.post(f"/c/{conversation}/rename/", form(title=title))
        return self._verdict(answer, lambda: self.title(conversation))

    def _verdict(self, answer: httpx2.Response, stored: Callable[[], str]) -> Verdict:
        if answer.status_code == 302:
            return Verdict(stored=stored())
        return Verdict(code=rejection_in(answer.text) or f"http_{answer.status_code}")

    async def close_code(self, payload: bytes, opcode: int = TEXT) -> int:
        """The code with which the server closes a socket that sends this frame."""
        async with connect(self.socket_url(), cookie=self.cookie) as socket:
            try:
                await socket.send_frame(opcode, payload)
                while True:
                    looked_at(str(await socket.receive()))
            except Closed as closed:
                return closed.code

    def get(self, path: str) -> httpx2.Response:
        return self._ask("GET", path)

    def post(self, path: str, content: bytes | None = None, **fields: str) -> httpx2.Response:
        headers = {
            "X-CSRFToken": CSRF_TOKEN,
            "Origin": self.base_url,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return self._ask("POST", path, headers=headers, content=content or form(**fields))

    def messages(self, conversation: str) -> list[Shown]:
        answer = self.get(f"/c/{conversation}/")
        return messages_in(answer.text) if answer.status_code == 200 else []

    def source(self, conversation: str, message: str) -> str:
        return self.get(f"/c/{conversation}/source/{message}/").content.decode()

    def sources(self, conversation: str, role: str) -> list[str]:
        shown = self.messages(conversation)
        return [self.source(conversation, message.id) for message in shown if message.role == role]

    def title(self, conversation: str) -> str:
        found = re.search(r'name="title" type="text" value="(.*?)"', self._header(conversation), re.DOTALL)
        assert found
        return unescape(found[1])

    def _header(self, conversation: str) -> str:
        page = self.get(f"/c/{conversation}/").text
        return page[page.index('<form id="title-form"') :]

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx2.Response:
        answer = self._http.request(
            method, self.base_url + path, headers={"Cookie": self.cookie, **(headers or {})}, **more
        )
        self._http.cookies.clear()  # shared by all: nobody is remembered
        assert answer.status_code < 500, answer.status_code
        looked_at(answer.text)
        return answer


def form(**fields: str) -> bytes:
    """Fields as a form spells them; halves of surrogates as a careless client would."""
    return urlencode(fields, encoding="utf-8", errors="surrogatepass").encode()


def rejection_in(html: str) -> str:
    """The code of the sentence that refuses a command; empty if there is none."""
    found = REJECTED.search(html)
    if not found or not found[1]:
        return ""
    sentence = unescape(found[1])
    return next(code for code in REJECTION_CODES if str(REJECTIONS[code]) == sentence)
