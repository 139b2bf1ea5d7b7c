"""Programs that follow an answer while servers go and come back: they miss nothing and have nothing twice."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress

import httpx2
import pytest

from apps.llm import demo_answers
from apps.ops.process import Process
from tests.support.product import PROFILE, Account, Scaled
from tests.support.programs import posted, token_of
from tests.support.simulated_program import Known, Reader
from tests.support.websocket import Closed, Refused, connect

pytestmark = pytest.mark.skipif(PROFILE != "server", reason="embedded, there are no other servers")

WITHIN = 60.0  # seconds
REST = 0.2  # seconds before a program comes back
WORDS = 120


class Follower(Reader, ABC):
    """A program that comes back with its last position whenever it was cut off."""

    def __init__(self, address: str, token: str, conversation: str) -> None:
        super().__init__()
        self.address, self.conversation = address, conversation
        self.headers = {"Authorization": f"Bearer {token}"}
        self.cuts = 0

    @abstractmethod
    async def follow(self) -> None:
        """Take in what is told until cut off."""

    async def run(self) -> None:
        while not self.has_whole_answer:
            with suppress(Closed, Refused, OSError, TimeoutError, httpx2.HTTPError):
                await self.follow()
            self.cuts += 1
            await asyncio.sleep(REST)  # the server rings no bell when it is there again

    @property
    def answer(self) -> Known | None:
        return next((known for known in self.rows.values() if known.depth == 1), None)

    @property
    def has_whole_answer(self) -> bool:
        return self.answer is not None and self.answer.is_whole


class OnSocket(Follower):
    async def follow(self) -> None:
        where = {"conversation_id": self.conversation, "position": self.position}
        async with connect(f"{self.address}/ws/v1/", origin="", headers=self.headers) as socket:
            await socket.send(json.dumps({"action": "subscribe", "payload": where}))
            while not self.has_whole_answer:
                told = json.loads(await socket.receive())
                if told["action"] == "error":
                    return
                if "feed" in told["payload"]:
                    self.take(told)


class OnStream(Follower):
    async def follow(self) -> None:
        url = f"{self.address}/api/v1/conversations/{self.conversation}/events"
        headers = {**self.headers, "Last-Event-ID": self.position}
        name = ""
        async with httpx2.AsyncClient(timeout=30) as http, http.stream("GET", url, headers=headers) as answer:
            async for line in answer.aiter_lines():
                field, _, value = line.partition(": ")
                name = value if field == "event" else name
                if field == "data":
                    self.take({"action": name, "payload": json.loads(value)})
                if self.has_whole_answer:
                    return


@pytest.fixture(scope="module")
def product() -> Iterator[Scaled]:
    with Scaled(webs=2) as running:
        yield running


@pytest.fixture(scope="module")
def accounts(product: Scaled) -> Iterator[Account]:
    return iter(product.accounts(4))


@pytest.fixture
def followers(product: Scaled, accounts: Iterator[Account]) -> list[Follower]:
    """Of one conversation in which a long answer is written: on either web process, by either door."""
    token = token_of(product, next(accounts))
    first, second = (product.stack.url_of(number) for number in range(2))
    conversation = posted(first, token, "conversations")["id"]
    posted(first, token, f"conversations/{conversation}/messages", text=f"/long {WORDS}")
    return [kind(url, token, conversation) for kind in (OnSocket, OnStream) for url in (first, second)]


async def run(followers: list[Follower]) -> None:
    async with asyncio.timeout(WITHIN):
        await asyncio.gather(*(follower.run() for follower in followers))


async def begun(followers: list[Follower]) -> None:
    async with asyncio.timeout(WITHIN):
        while not all(follower.answer and follower.answer.text for follower in followers):  # noqa: ASYNC110
            await asyncio.sleep(REST)  # what they have taken in rings no bell


@pytest.mark.parametrize("stopping", [Process.kill, Process.stop], ids=["crash", "restart"])
async def test_programs_have_every_word_of_a_database_that_comes_back(product, followers, stopping):
    running = asyncio.create_task(run(followers))
    await begun(followers)
    postgres = product.stack.services.postgres
    await asyncio.to_thread(stopping, postgres)
    await asyncio.to_thread(postgres.start)
    await running

    assert [follower.answer.text for follower in followers] == [demo_answers.long(WORDS)] * 4


async def test_programs_that_a_web_process_leaves_go_on_at_another(product, followers):
    running = asyncio.create_task(run(followers))
    await begun(followers)
    first, _ = product.all_web
    left = [follower for follower in followers if follower.address == product.stack.url_of(0)]
    for follower in left:
        follower.address = product.stack.url_of(1)
    await asyncio.to_thread(first.kill)
    await running

    assert [follower.answer.text for follower in followers] == [demo_answers.long(WORDS)] * 4
    assert all(follower.cuts for follower in left)
