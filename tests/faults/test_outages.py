"""Servers that freeze, die and come back under open pages: everything is late, nothing is lost."""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from apps.llm import demo_answers
from apps.ops.process import Process
from tests.faults.viewer import Viewer
from tests.support.product import PROFILE, Account, Scaled, words_of

pytestmark = pytest.mark.skipif(PROFILE != "server", reason="embedded, there are no other servers")

RECOVERED_WITHIN = 60.0  # seconds
LOOK_EVERY = 0.1
WRITER = """
SELECT w.id, w.pid FROM generation_generation g JOIN generation_worker w ON w.id = g.worker_id
WHERE g.message_id = %s ORDER BY g.attempt DESC
"""
BEATING = "SELECT count(*) FROM generation_worker WHERE id = %s"


@pytest.fixture(scope="module")
def product() -> Iterator[Scaled]:
    with Scaled(webs=2) as running:
        yield running


@pytest.fixture(scope="module")
def accounts(product: Scaled) -> Iterator[Account]:
    return iter(product.accounts(8))


@pytest.fixture
def tabs(product: Scaled, accounts: Iterator[Account]) -> tuple[Viewer, Viewer]:
    """Two tabs of one person on one conversation, on either web process."""
    account, conversation = next(accounts), uuid.uuid4()
    return tuple(Viewer(product.stack.url_of(number), account, conversation) for number in range(2))


async def begin(tabs: tuple[Viewer, Viewer], question: str) -> UUID:
    """Ask in the first tab; both show the beginning of the answer."""
    first, second = tabs
    first.open()
    await first.ask(question)
    await first.until(lambda: first.newest and first.newest.words, within=RECOVERED_WITHIN)
    await second.reload()
    return UUID(first.newest_id)


async def expect_exact(product: Scaled, tabs: tuple[Viewer, ...], reply_id: UUID, words: int) -> None:
    for tab in tabs:
        await tab.until(lambda tab=tab: not tab.waits, within=RECOVERED_WITHIN)
        await tab.close()

    reply = await asyncio.to_thread(product.reply, reply_id)
    assert (reply.status, reply.text) == ("complete", demo_answers.long(words))
    assert [tab.newest.words for tab in tabs] == [words_of(reply.text)] * len(tabs)


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + RECOVERED_WITHIN
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline
        await asyncio.sleep(LOOK_EVERY)  # the database rings no bell


async def test_frozen_writer_is_replaced_and_writes_nothing_when_it_wakes(product, tabs):
    reply_id = await begin(tabs, "/long 300")
    ((worker_id, pid),) = product.query(WRITER, reply_id)
    frozen, awake = sorted(product.all_web, key=lambda process: process.pid != pid)
    watching = tabs[product.all_web.index(awake)]

    frozen.pause()
    await expect_exact(product, (watching,), reply_id, words=300)
    frozen.resume()
    await until(lambda: product.query(BEATING, worker_id) == [(1,)])

    assert product.reply(reply_id).attempt == 2
    await expect_exact(product, (), reply_id, words=300)
    await asyncio.gather(*(tab.close() for tab in tabs))


async def test_dead_bus_delays_text_and_loses_none(product, tabs):
    valkey = product.stack.services.valkey
    reply_id = await begin(tabs, "/long 60")

    valkey.kill()
    await expect_exact(product, tabs, reply_id, words=60)
    first, second = tabs
    await first.reload()
    await first.ask("/long 5")
    await first.until(lambda: not first.waits, within=RECOVERED_WITHIN)
    await second.reload()
    valkey.start()

    assert len(second.transcript.replies) == 2
    await asyncio.gather(*(tab.close() for tab in tabs))


@pytest.mark.parametrize("stopping", [Process.kill, Process.stop], ids=["crash", "restart"])
async def test_database_that_comes_back_has_every_word(product, tabs, stopping):
    reply_id = await begin(tabs, "/long 120")

    postgres = product.stack.services.postgres
    await asyncio.to_thread(stopping, postgres)
    await asyncio.to_thread(postgres.start)

    await expect_exact(product, tabs, reply_id, words=120)
