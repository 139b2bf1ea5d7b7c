"""Pictures of the main states for people to look at: `SCREENSHOTS=folder make test`."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser import Person
from tests.support.line import SPOILED, Line
from tests.support.product import Account, Product

pytestmark = [
    pytest.mark.browser,
    pytest.mark.embedded_only,
    pytest.mark.skipif("SCREENSHOTS" not in os.environ, reason="SCREENSHOTS names no folder"),
]

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
LOOKS = {
    "light": {"viewport": DESK, "color_scheme": "light"},
    "dark": {"viewport": DESK, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "color_scheme": "light", "has_touch": True, "is_mobile": True},
    "phone-dark": {"viewport": PHONE, "color_scheme": "dark", "has_touch": True, "is_mobile": True},
}


@pytest.fixture(params=LOOKS)
def look(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def picture(look: str) -> Callable[..., None]:
    folder = Path(os.environ["SCREENSHOTS"])
    folder.mkdir(parents=True, exist_ok=True)

    def take(person: Person, name: str) -> None:
        page = person.context.pages[-1]
        page.screenshot(path=folder / f"{name}-{look}.png", animations="disabled")

    return take


def test_account_pages(
    look: str, picture: Callable[..., None], people: Callable[..., Person], product: Product
) -> None:
    visitor = people(product, **LOOKS[look])
    for name in ("login", "signup", "password/reset"):
        visitor.open(f"/accounts/{name}/")
        picture(visitor, name.replace("/", "-"))


def test_conversation(
    look: str,
    picture: Callable[..., None],
    people: Callable[..., Person],
    product: Product,
    accounts: Iterator[Account],
) -> None:
    person = people(product, next(accounts), **LOOKS[look])
    tab = person.open()
    picture(person, "empty")

    reply = tab.send("How does a suspension bridge carry its load?")
    expect(reply.body.locator("table")).to_be_visible(timeout=20_000)
    picture(person, "streaming")
    reply.expect_status("complete")
    picture(person, "complete")

    tab.send("/error unauthorized 12").expect_status("interrupted")
    picture(person, "interrupted")
    tab.send("/error rate_limited 0").expect_status("failed")
    picture(person, "failed")

    if "phone" in look:
        tab.page.locator(".header-menu").click()
    picture(person, "list")
    tab.page.locator(".conversation-more").first.click()
    picture(person, "menu")
    tab.page.locator(".menu-item", has_text="Delete").first.click()
    picture(person, "dialog")


def test_branches(
    look: str,
    picture: Callable[..., None],
    people: Callable[..., Person],
    product: Product,
    accounts: Iterator[Account],
) -> None:
    person = people(product, next(accounts), **LOOKS[look])
    tab = person.open()
    tab.send("What is a suspension bridge?").expect_status("complete")
    question = tab.page.locator("#messages > .message-user")
    question.hover()
    question.get_by_role("button", name="Edit").click()
    question.get_by_role("textbox").fill("/long 30")
    picture(person, "edit")
    question.get_by_role("textbox").press("Enter")
    expect(question.locator(".siblings-count")).to_have_text("2/2")
    reply = tab.reply()
    reply.expect_status("complete")
    reply.press("Regenerate")
    expect(reply.entry).to_have_count(0)
    tab.reply().expect_status("complete")
    question.hover()
    picture(person, "branches")


def test_outbox(
    look: str,
    picture: Callable[..., None],
    people: Callable[..., Person],
    product: Product,
    accounts: Iterator[Account],
) -> None:
    person = people(product, next(accounts), **LOOKS[look])
    line = Line(person.context)
    tab = person.open()
    tab.send("/long 30").expect_status("complete")
    elsewhere = people(product, person.account).open(tab.path)
    line.deaf = True
    tab.composer.fill("And how long may such a bridge be, at the most?")
    tab.composer.press("Enter")
    picture(person, "sending")
    line.cut()
    expect(tab.page.locator("#composer-note")).not_to_be_empty()
    expect(tab.page.locator("#connection")).not_to_be_empty()
    picture(person, "offline")
    elsewhere.send("/long 3").expect_status("complete")
    line.deaf = False
    line.mend()
    expect(tab.page.locator("#composer-error")).not_to_be_empty()
    picture(person, "stale")


def test_queue(
    look: str,
    picture: Callable[..., None],
    people: Callable[..., Person],
    product: Product,
    accounts: Iterator[Account],
) -> None:
    person = people(product, next(accounts), **LOOKS[look])
    tab = person.open()
    reply = tab.send("/error unauthorized 60")
    for text in ("And how long may such a bridge be, at the most?", "Compare it with an arch. " * 12):
        tab.composer.fill(text)
        tab.composer.press("Enter")
        expect(tab.page.locator(".queued", has_text=text.strip())).to_be_visible()
    picture(person, "queue")
    tab.page.locator(".queued summary").last.click()
    picture(person, "queue-edit")
    tab.page.keyboard.press("Escape")
    reply.expect_status("interrupted")
    picture(person, "queue-paused")


def test_composer(
    look: str,
    picture: Callable[..., None],
    people: Callable[..., Person],
    model_product: Product,
    model_accounts: Iterator[Account],
) -> None:
    person = people(model_product, next(model_accounts), **LOOKS[look])
    tab = person.open()
    tab.send("hello").expect_status("complete")
    phone = people(model_product, person.account)
    phone.forgiven = SPOILED
    line = Line(phone.context)
    elsewhere = phone.open(tab.path)
    line.cut()
    elsewhere.composer.fill("A draft from the phone, which nobody has sent")
    tab.composer.fill("x" * 200_012)
    line.mend()
    expect(tab.page.locator(".other-draft")).to_be_visible(timeout=20_000)
    picture(person, "limit")
    tab.composer.fill("What I was about to ask")
    picture(person, "drafts")
    tab.page.locator("#instructions-button").click()
    tab.page.locator("#instructions-text").fill("Answer in French, and keep it short.")
    picture(person, "instructions")
