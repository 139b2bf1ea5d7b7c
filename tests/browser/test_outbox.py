"""What is sent and cannot arrive: kept, shown, and delivered once."""

import re
import uuid
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from playwright.sync_api import Locator, expect

from apps.web import fragments, wording
from tests.support.browser import WITHIN, Person, Tab
from tests.support.line import SPOILED, Line
from tests.support.product import Account, Product

pytestmark = pytest.mark.browser

NUMBERS = count(10_000)
LONG_ENOUGH = 6_000  # ms: more than a page waits between two tries
TRIES = 3  # by the socket
INVISIBLE = "\u3164"
LOST = "document.dispatchEvent(new CustomEvent('colloquy:lost'))"
CORRUPT = "localStorage.setItem(`colloquy:outbox:${document.getElementById('outbox').dataset.user}:x`, '{')"
STORED = "SELECT count(*) FROM chat_message WHERE content = %s"


@pytest.fixture
def line(owner: Person) -> Line:
    owner.forgiven = SPOILED
    return Line(owner.context)


@pytest.fixture
def words() -> str:
    """A question that nobody else asks, with a short answer."""
    return f"/long 3 {next(NUMBERS)}"


def put(tab: Tab, text: str) -> None:
    """Send a message without waiting for what becomes of it."""
    tab.composer.fill(text)
    tab.composer.press("Enter")


def sending(tab: Tab) -> Locator:
    return tab.page.locator(".is-sending")


def expect_sent_once(product: Product, tab: Tab, text: str, *, shown: int = 2) -> None:
    expect(tab.messages).to_have_count(shown, timeout=2 * WITHIN)
    expect(sending(tab)).to_have_count(0)
    expect(tab.messages.nth(shown - 2).locator(".bubble")).to_have_text(text)
    assert product.query(STORED, text) == [(1,)]


def test_message_sent_offline_waits_in_sight_and_goes_out_once(owner: Person, line: Line, words: str) -> None:
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    line.cut()

    put(tab, words)
    expect(sending(tab)).to_contain_text(words)
    expect(sending(tab)).to_contain_text("Not sent yet")
    expect(tab.page.locator("#composer-note")).to_contain_text("there is no connection")
    put(tab, "and then")
    expect(tab.page.locator("#composer-note")).to_have_text("Your last message is still on its way.")
    line.mend()

    expect_sent_once(owner.product, tab, words, shown=4)
    expect(tab.composer).to_have_value("and then")
    expect(tab.page.locator("#composer-note")).to_have_text("")


def test_message_and_draft_outlive_a_reload(owner: Person, line: Line, words: str) -> None:
    tab = owner.open()
    line.cut(offline=False)
    put(tab, words)
    tab.composer.fill("and then")

    tab.page.reload()
    expect(sending(tab)).to_contain_text(words)
    expect(tab.composer).to_have_value("and then")
    line.mend()

    expect_sent_once(owner.product, tab, words)
    expect(tab.composer).to_have_value("and then")


def test_message_of_a_closed_tab_is_sent_by_the_next_one_and_shown_by_no_other(
    owner: Person, line: Line, words: str
) -> None:
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    path = tab.path
    line.cut(offline=False)
    put(tab, words)
    expect(sending(tab)).to_contain_text(words)

    beside = owner.open(path)
    tab.page.close()
    heir = owner.open(path)
    expect(sending(heir)).to_contain_text(words)
    expect(sending(beside)).to_have_count(0)
    line.mend()

    expect_sent_once(owner.product, heir, words, shown=4)


@pytest.mark.parametrize("way", ["blocked", "deaf"])
def test_message_takes_another_way_when_the_socket_takes_nothing(
    owner: Person, line: Line, words: str, way: str
) -> None:
    owner.context.clock.install()
    tab = owner.open()
    line.deaf = way == "deaf"
    if way == "blocked":
        line.cut(offline=False)
    put(tab, words)
    expect(sending(tab)).to_be_visible()

    with tab.page.expect_response(lambda response: response.request.method == "POST"):
        for _ in range(TRIES):
            tab.page.clock.fast_forward(LONG_ENOUGH)

    line.deaf = False
    expect_sent_once(owner.product, tab, words)
    expect(tab.page).to_have_url(re.compile("/c/"))


def test_page_whose_conversation_began_while_its_socket_was_opening_shows_it(
    owner: Person, line: Line
) -> None:
    talk = owner.open()
    talk.send("/long 3").expect_status("complete")
    tab = owner.open()
    line.cut(offline=False)
    tab.page.evaluate("(path) => history.replaceState(null, '', path)", talk.path)

    line.mend()

    expect(tab.messages).to_have_count(2)


def test_message_takes_another_way_in_time_however_often_the_socket_is_lost(
    owner: Person, line: Line, words: str
) -> None:
    owner.context.clock.install()
    tab = owner.open()
    line.cut(offline=False)
    put(tab, words)
    expect(sending(tab)).to_be_visible()

    with tab.page.expect_response(lambda response: response.request.method == "POST"):
        for _ in range(TRIES * LONG_ENOUGH // 1000):
            tab.page.clock.fast_forward(1000)
            tab.page.evaluate(LOST)

    expect_sent_once(owner.product, tab, words)


def test_unsent_text_of_a_deleted_conversation_is_in_the_box_of_a_new_one(
    owner: Person, line: Line, people: Callable[..., Person], words: str
) -> None:
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    elsewhere = people(owner.product, owner.account).open(tab.path)
    line.cut()
    put(tab, words)
    tab.composer.fill("and then")
    elsewhere.menu("Long 3", "Delete")
    expect(elsewhere.messages).to_have_count(0)
    line.mend()

    expect(tab.page).to_have_url(re.compile("/$"))
    expect(tab.composer).to_have_value(f"{words}\n\nand then")
    expect(sending(tab)).to_have_count(0)


def test_what_nobody_can_read_hides_no_message(owner: Person, line: Line, words: str) -> None:
    tab = owner.open()
    line.cut(offline=False)
    put(tab, words)
    tab.page.evaluate(CORRUPT)

    tab.page.reload()
    expect(sending(tab)).to_contain_text(words)
    line.mend()

    expect_sent_once(owner.product, tab, words)


def test_message_that_cannot_be_stored_just_now_is_sent_again_by_itself(
    owner: Person, line: Line, words: str
) -> None:
    owner.context.clock.install()
    tab = owner.open()
    line.instead = lambda values: fragments.rejected(values["key"], wording.rejection("unavailable"))
    put(tab, words)
    expect(sending(tab)).to_contain_text("Not sent yet")
    expect(tab.page.locator("#composer-error")).to_be_hidden()

    line.instead = None
    tab.page.clock.fast_forward(LONG_ENOUGH)

    expect_sent_once(owner.product, tab, words)


def test_stale_tab_is_brought_up_to_date_and_keeps_the_text(
    owner: Person, line: Line, people: Callable[..., Person], words: str
) -> None:
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    elsewhere = people(owner.product, owner.account).open(tab.path)
    line.cut()
    elsewhere.send("/long 4").expect_status("complete")

    put(tab, words)
    line.mend()

    expect(tab.page.locator("#composer-error")).to_have_text(str(wording.REJECTIONS["stale"]))
    expect(tab.composer).to_have_value(words)
    expect(tab.messages).to_have_count(4)
    assert owner.product.query(STORED, words) == [(0,)]
    tab.composer.press("Enter")
    expect_sent_once(owner.product, tab, words, shown=6)
    expect(tab.page.locator("#composer-error")).to_be_hidden()


def test_refused_message_is_in_the_composer_again(owner: Person) -> None:
    tab = owner.open()

    put(tab, INVISIBLE)

    expect(tab.page.locator("#composer-error")).to_have_text(str(wording.REJECTIONS["blank"]))
    expect(tab.composer).to_have_value(INVISIBLE)
    expect(tab.messages).to_have_count(0)


def test_unsent_message_is_shown_to_nobody_else_in_the_same_browser(
    owner: Person, line: Line, accounts: Iterator[Account], words: str
) -> None:
    tab = owner.open()
    line.cut(offline=False)
    put(tab, words)
    expect(sending(tab)).to_be_visible()
    tab.page.close()
    session = {"name": "sessionid", "value": next(accounts).session, "url": owner.product.base_url}
    owner.context.add_cookies([session])
    line.mend()

    other = owner.open()
    other.send(f"/long 3 {uuid.uuid4()}").expect_status("complete")

    expect(other.messages).to_have_count(2)
    assert owner.product.query(STORED, words) == [(0,)]
