"""The web process dies under an open page."""

import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from apps.llm import demo_answers
from tests.support.browser import Person
from tests.support.product import Product, words_of

pytestmark = pytest.mark.browser

WRITTEN = demo_answers.long(100)
LOST_SERVER = re.compile(r"WebSocket connection to .* failed|\[object Event\]|net::ERR_")


@pytest.fixture
def killed_product(product: Product) -> Iterator[Product]:
    """Running again at the end, whatever happens: others use it too."""
    yield product
    if product.web.exit_code is not None:
        product.restart()


def test_page_loses_nothing_and_goes_on_by_itself(owner: Person, killed_product: Product) -> None:
    owner.forgiven = LOST_SERVER
    tab = owner.open()
    reply = tab.send("/long 100")
    reply.record()
    reply.expect_words(55)

    killed_product.kill()
    shown = words_of(reply.text)
    assert words_of(killed_product.reply(reply.id).text).startswith(shown)
    expect(tab.page.locator("#connection")).to_have_text("Reconnecting…")
    killed_product.restart()

    reply.expect_status("complete")
    expect(tab.page.locator("#connection")).to_have_text("")
    assert words_of(reply.text) == words_of(WRITTEN)
    assert all(words_of(WRITTEN).startswith(words_of(shown)) for _, shown in reply.recorded())
    assert owner.source(tab.path, reply.id) == WRITTEN


def test_message_sent_to_a_dead_server_arrives_once(owner: Person, killed_product: Product) -> None:
    owner.forgiven = LOST_SERVER
    tab = owner.open()
    killed_product.kill()

    tab.composer.fill("/long 4 to a dead server")
    tab.composer.press("Enter")
    expect(tab.page.locator("#composer-note")).to_contain_text("Not sent yet")
    killed_product.restart()

    expect(tab.messages).to_have_count(2, timeout=20_000)
    tab.reply().expect_status("complete")
    expect(tab.composer).to_have_value("")
    conversation = uuid.UUID(tab.path.split("/")[2])
    rows = killed_product.query(
        "SELECT conversation_id FROM chat_message WHERE content = '/long 4 to a dead server'"
    )
    assert [uuid.UUID(str(pk)) for (pk,) in rows] == [conversation]
