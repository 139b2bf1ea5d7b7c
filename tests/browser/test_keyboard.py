"""A visit without a mouse: whatever is done here is done with keys, and the focus is in sight all the way."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import REPLY_WITHIN, Person
from tests.support.product import PASSWORD, Account, Product

pytestmark = [pytest.mark.browser, pytest.mark.embedded_only]

FARTHEST = 80  # stops from anywhere on the page to anywhere else
PERMISSIONS = ["clipboard-read", "clipboard-write"]
HAS_FOCUS = "(selector) => document.activeElement.matches(selector)"
# Quiet buttons come into sight, and what is below the edge of the window is scrolled there.
IS_SEEN = """
() => {
  const held = document.activeElement;
  if (held === document.body) return true;  // between the page's end and its beginning
  const isRinged = (element) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    const isOutlined = outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
    return isOutlined || boxShadow.includes("0px 0px 0px 3px");
  };
  const active = document.getElementById(held.getAttribute("aria-activedescendant"));
  const isMarked = active?.getAttribute("aria-selected") === "true";
  const { top, bottom } = held.getBoundingClientRect();
  const isThere = held.checkVisibility({ visibilityProperty: true }) && top < innerHeight && bottom > 0;
  const holders = [held, held.closest("form")].filter(Boolean);
  return isThere && getComputedStyle(held).opacity === "1" && (isMarked || holders.some(isRinged));
}
"""


class Keys:
    """Somebody's hands on the keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self._see()

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def walk_to(self, selector: str, *, back: bool = False) -> None:
        """Tab from stop to stop, each of which is in sight."""
        for _ in range(FARTHEST):
            self.press("Shift+Tab" if back else "Tab")
            if self.page.evaluate(HAS_FOCUS, selector):
                return
        raise AssertionError(f"no key leads to {selector}")

    def _see(self) -> None:
        self.page.wait_for_function(IS_SEEN)


@pytest.fixture
def account(people: Callable[..., Person], product: Product, accounts: Iterator[Account]) -> Account:
    """Somebody with an old conversation, and a newer one."""
    account = next(accounts)
    tab = people(product, account).open()
    tab.send("/long 7").expect_status("complete")
    expect(tab.titles).to_have_text(["Long 7"])
    tab.page.goto("/")
    tab.send("/long 3").expect_status("complete")
    return account


@pytest.fixture
def keys(people: Callable[..., Person], product: Product) -> Keys:
    visitor = people(product)
    visitor.context.grant_permissions(PERMISSIONS)
    return Keys(visitor.open().page)


def sign_in(keys: Keys, account: Account) -> None:
    if not keys.page.evaluate(HAS_FOCUS, "[name=login]"):
        keys.walk_to("[name=login]")
    keys.type(account.email)
    keys.walk_to("[name=password]")
    keys.type(account.password or PASSWORD)
    keys.page.keyboard.press("Enter")
    expect(keys.page.locator("#composer-text")).to_be_visible()
    expect(keys.page.locator("[data-shortcut] kbd").first).to_be_attached()  # from now on keys are heard


def find(keys: Keys, title: str) -> None:
    keys.press("Control+k")
    keys.type(title)
    expect(keys.page.get_by_role("option", name=title)).to_have_attribute("aria-selected", "true")
    keys.page.keyboard.press("Enter")
    expect(keys.page.locator("#title-input")).to_have_value(title)
    expect(keys.page.locator("#messages > .message")).to_have_count(2)


def edit(keys: Keys, text: str) -> None:
    keys.walk_to(".message-user [data-action=edit]", back=True)
    keys.press("Enter")
    expect(keys.page.locator(".edit textarea")).to_be_focused()
    keys.press("Control+a")
    keys.type(text)
    keys.press("Enter")
    expect(keys.page.locator(".message-user .bubble")).to_have_text(text)
    reply = keys.page.locator("#messages > .message-assistant")
    expect(reply).to_have_attribute("data-status", "complete", timeout=REPLY_WITHIN)


def switch(keys: Keys, side: str, text: str) -> None:
    if not keys.page.evaluate(HAS_FOCUS, f".message-user [data-action={side}]"):
        keys.walk_to(f".message-user [data-action={side}]", back=True)
    keys.press("Enter")
    expect(keys.page.locator(".message-user .bubble")).to_have_text(text)


def copy(keys: Keys) -> str:
    keys.walk_to(".message-assistant [data-action=copy]")
    keys.press("Enter")
    expect(keys.page.locator("#announcer")).to_have_text("Copied")
    copied: str = keys.page.evaluate("navigator.clipboard.readText()")
    return copied


def sign_out(keys: Keys) -> None:
    keys.walk_to(".account", back=True)
    keys.press("Enter")
    keys.walk_to("#sign-out")
    keys.page.keyboard.press("Enter")
    expect(keys.page.get_by_role("heading", name="Welcome back")).to_be_visible()


def test_a_visit_needs_no_mouse(keys: Keys, account: Account) -> None:
    sign_in(keys, account)
    find(keys, "Long 7")
    edit(keys, "/long 5")
    expect(keys.page.locator(".message-user .siblings-count")).to_have_text("2/2")

    switch(keys, "previous", "/long 7")
    expect(keys.page.locator(".message-user [data-action=next]")).to_be_focused()
    switch(keys, "next", "/long 5")

    assert copy(keys) == "Line 1: the tide comes"
    sign_out(keys)
