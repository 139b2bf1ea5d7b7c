"""A connection that died without a word is noticed and replaced."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import Person
from tests.support.line import Line

pytestmark = pytest.mark.browser

NOTICED_WITHIN = 30_000  # ms
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
    return Line(owner.context)


def test_page_that_wakes_on_a_dead_connection_gets_another(owner: Person, line: Line) -> None:
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    tab.page.evaluate(COUNT)
    line.deaf = True
    tab.page.evaluate(WAKE)
    expect(tab.page.locator("body")).to_have_attribute("data-opened", "1", timeout=NOTICED_WITHIN)
    line.deaf = False

    tab.send("/long 4").expect_status("complete")
    expect(tab.messages).to_have_count(4)


def test_page_that_wakes_on_a_live_connection_keeps_it(owner: Person, line: Line) -> None:
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    tab.page.evaluate(COUNT)
    tab.page.evaluate(WAKE)

    tab.send("/long 4").expect_status("complete")
    expect(tab.page.locator("body")).to_have_attribute("data-opened", "0")
