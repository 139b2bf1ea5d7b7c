"""The web process is killed in mid-answer, again and again; nobody loses a character."""

import asyncio
import os
import sys
import uuid
from collections.abc import Iterator
from random import Random

import pytest

from apps.llm import demo_answers
from tests.faults.viewer import LIVE, Viewer
from tests.support.product import Account, Product, words_of
from tests.support.product import product as running_product
from tests.support.profile import PROFILE

LIVES = {"embedded": 4, "server": 1}[PROFILE]  # each is a fresh set of conversations
KILLS = 5  # in each
SEED = int(os.environ.get("FAULT_SEED", "0")) or Random().randrange(1, 10**6)
RECOVERED_WITHIN = 30.0  # seconds from the restart
LATEST_MOMENT = 1.0  # seconds after a question at which the process is killed
PATIENT = 0.7  # how often recovery is waited for before the next kill
EXCHANGES = """
SELECT question.client_key, reply.id, reply.conversation_id FROM chat_message reply
JOIN chat_message question ON question.id = reply.parent_id WHERE reply.role = 'assistant'
"""


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with running_product() as running:
        yield running


@pytest.fixture(scope="module")
def account(product: Product) -> Account:
    (account,) = product.accounts(1)
    return account


@pytest.mark.parametrize("life", range(LIVES))
async def test_server_killed_at_any_moment_loses_and_doubles_nothing(
    product: Product, account: Account, life: int
) -> None:
    sys.stdout.write(f"FAULT_SEED={SEED}\n")
    chance = Random(SEED + life)
    viewers = await three_viewers(product, account)

    for _ in range(KILLS):
        await ask_more(viewers, chance)
        await asyncio.sleep(chance.uniform(0, LATEST_MOMENT))  # the random moment itself
        await asyncio.to_thread(product.kill)
        expect_all_stored(product, viewers)
        await asyncio.to_thread(product.restart)
        if chance.random() < PATIENT:
            await asyncio.gather(*map(recovery, viewers))
        await viewers[1].reload()

    await asyncio.gather(*map(end_of, viewers))
    for viewer in viewers:
        await viewer.close()
    expect_exact(product, viewers)


async def three_viewers(product: Product, account: Account) -> list[Viewer]:
    """Two pages of one conversation and one of another, each with its first question acknowledged."""
    first, second = uuid.uuid4(), uuid.uuid4()
    viewers = [Viewer(product.base_url, account, conversation) for conversation in (first, first, second)]
    for viewer in (viewers[0], viewers[2]):
        viewer.open()
        await viewer.ask("/long 30")
        await viewer.until(lambda v=viewer: v.newest, within=RECOVERED_WITHIN)
    await viewers[1].reload()
    return viewers


async def ask_more(viewers: list[Viewer], chance: Random) -> None:
    """The pages that ask do so as soon as their last answer has ended."""
    for viewer in (viewers[0], viewers[2]):
        if viewer.newest and viewer.newest.status == "interrupted":
            await go_on(viewer)
        elif not viewer.waits:
            await viewer.ask(f"/long {chance.randrange(1, 60)}")


async def go_on(viewer: Viewer) -> None:
    assert viewer.newest
    assert {"continue", "regenerate"} <= viewer.newest.buttons
    await viewer.go_on()


async def recovery(viewer: Viewer) -> None:
    """The answer goes on, or says that it does not."""
    assert viewer.newest
    words, body = viewer.newest.words, viewer.newest
    await viewer.until(
        lambda: not viewer.waits or viewer.newest is not body or body.words != words, within=RECOVERED_WITHIN
    )


async def end_of(viewer: Viewer) -> None:
    while True:
        await viewer.until(lambda: not viewer.waits, within=60)
        assert viewer.newest
        if viewer.newest.status == "complete":
            return
        await go_on(viewer)
        await viewer.until(lambda: viewer.waits, within=RECOVERED_WITHIN)


def expect_all_stored(product: Product, viewers: list[Viewer]) -> None:
    stored = {str(reply.id): words_of(reply.text) for reply in product.replies()}
    for viewer in viewers:
        for pk, body in viewer.transcript.replies.items():
            assert stored[pk].startswith(body.words)


def expect_exact(product: Product, viewers: list[Viewer]) -> None:
    """Every question has one reply, and every reply is to the letter what the demo model says."""
    asked = viewers[0].asked | viewers[2].asked
    replies = {reply.id: reply for reply in product.replies()}
    exchanges = [
        (key, replies[uuid.UUID(str(pk))])
        for key, pk, conversation in product.query(EXCHANGES)
        if uuid.UUID(str(conversation)) in {viewer.conversation for viewer in viewers}
    ]

    assert sorted(key for key, _ in exchanges) == sorted(asked)
    for key, reply in exchanges:
        assert (reply.status, reply.text) == ("complete", demo_answers.long(int(asked[key].split()[1])))
    for viewer in viewers:
        for pk, body in viewer.transcript.replies.items():
            assert body.words == words_of(replies[uuid.UUID(pk)].text)
    assert not any(reply.status in LIVE for reply in replies.values())
