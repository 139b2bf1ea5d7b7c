"""German words are longer; they fit all the same."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.support.browser import Person
from tests.support.product import Account, Product

pytestmark = pytest.mark.browser

NARROW = {"viewport": {"width": 320, "height": 640}, "locale": "de-DE"}
PAGES = [
    "",
    "archive/",
    "accounts/2fa/",
    "accounts/email/",
    "settings/writing/",
    "settings/notifications/",
    "settings/tokens/",
]
STICKING_OUT = """() => [...document.querySelectorAll("a, button, h1, h2, p, label, legend")]
    .filter((part) => part.checkVisibility({ visibilityProperty: true }) && !part.closest("[popover]"))
    .filter((part) => part.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map((part) => part.textContent.trim())"""


@pytest.mark.parametrize("path", PAGES)
def test_nothing_sticks_out_of_a_narrow_page(
    people: Callable[..., Person], product: Product, accounts: Iterator[Account], path: str
) -> None:
    page = people(product, next(accounts), **NARROW).open(f"/{path}").page

    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert page.evaluate(STICKING_OUT) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["viewport"]["width"]


def test_keys_are_named_as_on_a_german_keyboard(
    people: Callable[..., Person], product: Product, accounts: Iterator[Account]
) -> None:
    page = people(product, next(accounts), locale="de-DE").open().page
    page.keyboard.press("Control+/")

    expect(page.get_by_role("dialog", name="Tastenkürzel")).to_contain_text("Strg")
