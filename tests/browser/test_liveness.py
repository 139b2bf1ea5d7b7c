"""A connection that died without a word is noticed and replaced."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import Person
from tests.support.line import SPOILED, Line

pytestmark = pytest.mark.browser

LONGEST_WAITS = "Math.random = () => 0.999"
TRIES = 8  # in the first half minute: after 0.5 s, 1, 2, 4, and every 8
NOTICED_WITHIN = 30_000  # ms
ASKED_AFTER = 11_000  # ms without a socket
WAKE = "document.dispatchEvent(new Event('visibilitychange'))"
COUNT = """
() => {
  const { dataset } = document.body;
  dataset.opened = 0;
  document.addEventListener("colloquy:open", () => { dataset.opened = Number(dataset.opened) + 1; });
}
"""


@pytest.fixture
def line(owner: Person) -> Line:
    owner.forgiven = SPOILED
    return Line(owner.context)


def test_page_that_wakes_on_a_dead_connection_gets_another(owner: Person, line: Line) -> None:
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    tab.page.evaluate(COUNT)
    line.lose()
    tab.page.evaluate(WAKE)
    expect(tab.page.locator("body")).to_have_attribute("data-opened", "1", timeout=NOTICED_WITHIN)

    tab.send("/long 4").expect_status("complete")
    expect(tab.messages).to_have_count(4)


def test_page_that_wakes_on_a_live_connection_keeps_it(owner: Person, line: Line) -> None:
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    tab.page.evaluate(COUNT)
    tab.page.evaluate(WAKE)

    tab.send("/long 4").expect_status("complete")
    expect(tab.page.locator("body")).to_have_attribute("data-opened", "0")


def test_page_comes_back_ever_less_often_to_a_server_that_only_greets_it(owner: Person, line: Line) -> None:
    owner.context.clock.install()
    owner.context.add_init_script(LONGEST_WAITS)
    line.broken = True
    tab = owner.open()
    for _ in range(30):
        tab.page.clock.fast_forward(1000)
        tab.page.evaluate("0")  # whatever has become of the socket arrives first

    assert 1 < line.greeted <= TRIES


def test_page_that_is_signed_out_while_it_has_no_socket_asks_to_sign_in(owner: Person, line: Line) -> None:
    owner.context.clock.install()
    tab = owner.open()
    tab.send("/slow 60")
    line.cut(offline=False)
    owner.context.clear_cookies()

    tab.page.clock.fast_forward(ASKED_AFTER)

    expect(tab.page).to_have_url(re.compile("/accounts/login/"))
