"""How a page stands in windows of every size, and for people who want it calm."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.support.browser import Person, Tab
from tests.support.product import Account, Product

pytestmark = [pytest.mark.browser, pytest.mark.embedded_only]

NARROWEST, WIDEST = 360, 2560
TOO_WIDE = "() => document.documentElement.scrollWidth > innerWidth"
# A line as long as the column is wide, in the words of everyday text.
CHARACTERS = """
(body) => {
  const line = document.createElement("span");
  line.textContent = "The cables carry what the deck weighs, and the towers carry the cables. ".repeat(9);
  line.style.setProperty("white-space", "nowrap");
  body.querySelector("p").append(line);
  const perCharacter = line.getBoundingClientRect().width / line.textContent.length;
  line.remove();
  return body.getBoundingClientRect().width / perCharacter;
}
"""
MOVING = """
() => [...document.querySelectorAll("*")]
  .flatMap((element) => [getComputedStyle(element), getComputedStyle(element, "::before")])
  .flatMap(({ animationName, animationDuration, animationIterationCount, transitionDuration }) => [
    ...(animationName === "none" || animationIterationCount === "1" ? [] : [animationDuration]),
    ...transitionDuration.split(", "),
  ])
  .filter((duration) => parseFloat(duration) > 0.02)
"""


@pytest.fixture
def shown(people: Callable[..., Person], product: Product, accounts: Iterator[Account]) -> Callable[..., Tab]:
    def show(**options: object) -> Tab:
        tab = people(product, next(accounts), **options).open()
        tab.send("How does a suspension bridge carry its load?").expect_status("complete")
        return tab

    return show


@pytest.mark.parametrize("width", [NARROWEST, 768, 1280, WIDEST])
def test_nothing_is_wider_than_the_window(shown: Callable[..., Tab], width: int) -> None:
    tab = shown(viewport={"width": width, "height": 800})

    assert not tab.page.evaluate(TOO_WIDE)
    expect(tab.composer).to_be_in_viewport(ratio=1)
    expect(tab.page.get_by_role("navigation")).to_be_visible(visible=width >= 1280)


@pytest.mark.parametrize("width", [1280, WIDEST])
def test_a_line_of_text_is_as_long_as_is_easy_to_read(shown: Callable[..., Tab], width: int) -> None:
    tab = shown(viewport={"width": width, "height": 800})

    characters = tab.reply().body.evaluate(CHARACTERS)

    assert 65 <= characters <= 80


def test_nothing_moves_for_whoever_wants_that(shown: Callable[..., Tab]) -> None:
    tab = shown(reduced_motion="reduce")
    tab.send("/silent").expect_status("streaming")

    assert tab.page.evaluate(MOVING) == []


def test_the_stop_before_the_list_skips_to_the_conversation(shown: Callable[..., Tab]) -> None:
    tab = shown()
    tab.page.get_by_role("link", name="Colloquy").focus()

    tab.page.keyboard.press("Shift+Tab")
    link = tab.page.get_by_role("link", name="Skip to the conversation")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    tab.page.keyboard.press("Enter")

    expect(tab.page.locator("#messages")).to_be_focused()
