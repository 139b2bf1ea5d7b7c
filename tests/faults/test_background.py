"""The writer of a reply is killed while the provider goes on; the next one takes the same response up."""

import uuid
from collections.abc import Iterator
from uuid import UUID

import pytest

from tests.faults.viewer import Viewer
from tests.support.openai_server import OpenAIServer
from tests.support.product import Product, words_of
from tests.support.product import product as running_product

RECOVERED_WITHIN = 60.0  # seconds
WORDS, SPEED = 160, 40


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


@pytest.fixture
def product(server: OpenAIServer) -> Iterator[Product]:
    upstream = {"OPENAI_BASE_URL": server.base_url, "OPENAI_MODELS": "scripted-1", "OPENAI_BACKGROUND": "*"}
    with running_product(**upstream) as running:
        yield running


async def test_killed_writer_is_followed_by_one_that_asks_nobody_again(
    product: Product, server: OpenAIServer
) -> None:
    (account,) = product.accounts(1)
    page = Viewer(product.base_url, account, uuid.uuid4())
    page.open()
    await page.ask(f"!behaviour words {WORDS} {SPEED}")
    await page.until(lambda: page.newest and page.newest.words, within=RECOVERED_WITHIN)

    product.kill()
    product.restart()
    await page.until(lambda: not page.waits, within=RECOVERED_WITHIN)
    await page.close()

    reply, text = product.reply(UUID(page.newest_id)), "".join(f"word{number} " for number in range(WORDS))
    assert (reply.status, reply.text, reply.attempt) == ("complete", text, 2)
    assert page.transcript.replies[str(reply.id)].words == words_of(text)
    asked = [r for r in server.requests if r.method == "POST" and not r.wants_title]
    assert [request.path for request in asked] == ["/v1/responses"]
