"""What is sent while an answer runs: it waits in sight, on every page, and goes in its turn."""

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import REPLY_WITHIN, Person, Tab
from tests.support.line import SPOILED
from tests.support.product import Account, Product

pytestmark = pytest.mark.browser


def put(tab: Tab, text: str) -> None:
    """Send, and see it wait."""
    tab.front()
    tab.composer.fill(text)
    tab.composer.press("Enter")
    expect(waiting(tab).last).to_have_text(text)


def waiting(tab: Tab) -> Locator:
    return tab.page.locator("#queue-list .queued-text")


def bubbles(tab: Tab) -> Locator:
    return tab.page.locator("#messages .bubble")


def control(tab: Tab, name: str, *, of: str) -> Locator:
    entry = tab.page.locator(".queued", has_text=of)
    return entry.locator("summary") if name == "Edit" else entry.get_by_role("button", name=name)


def test_messages_wait_for_the_answer_in_every_tab_and_go_in_order(owner: Person) -> None:
    tab = owner.open()
    reply = tab.send("/silent")
    beside = owner.open(tab.path)

    put(tab, "/long 3")
    put(tab, "/long 4")

    for page in (tab, beside):
        expect(waiting(page)).to_have_text(["/long 3", "/long 4"])
        expect(page.messages).to_have_count(2)
    expect(tab.composer).to_have_value("")
    reply.press("Stop")
    for page in (tab, beside):
        expect(bubbles(page)).to_have_text(["/silent", "/long 3", "/long 4"], timeout=REPLY_WITHIN)
        expect(waiting(page)).to_have_count(0)
    tab.reply().expect_status("complete")


def test_what_waits_is_edited_and_withdrawn(owner: Person) -> None:
    tab = owner.open()
    reply = tab.send("/silent")
    put(tab, "/long 3")
    put(tab, "not this one")
    expect(waiting(tab)).to_have_count(2)

    control(tab, "Edit", of="/long 3").click()
    tab.page.keyboard.type("0")
    tab.page.keyboard.press("Enter")
    control(tab, "Withdraw", of="not this one").click()

    expect(waiting(tab)).to_have_text(["/long 30"])
    reply.press("Stop")
    expect(bubbles(tab)).to_have_text(["/silent", "/long 30"])
    expect(waiting(tab)).to_have_count(0)


def test_words_for_a_message_that_goes_out_meanwhile_are_in_the_box(owner: Person) -> None:
    tab = owner.open()
    reply = tab.send("/silent")
    put(tab, "/long 3")
    put(tab, "/long 4")

    control(tab, "Edit", of="/long 3").click()
    tab.page.keyboard.type("00")
    reply.entry.get_by_role("button", name="Stop").evaluate("(button) => button.click()")

    expect(bubbles(tab)).to_have_text(["/silent", "/long 3", "/long 4"], timeout=REPLY_WITHIN)
    expect(tab.composer).to_have_value("/long 300")
    expect(tab.page.locator("#composer-note")).to_contain_text("had gone out")


def test_a_change_outlives_what_else_happens_in_the_queue(owner: Person) -> None:
    tab = owner.open()
    tab.send("/silent")
    put(tab, "/long 3")
    beside = owner.open(tab.path)

    control(tab, "Edit", of="/long 3").click()
    tab.page.keyboard.type("0")
    put(beside, "another")
    expect(waiting(tab)).to_have_count(2)
    tab.front()
    tab.page.keyboard.type("1")
    tab.page.keyboard.press("Enter")

    expect(waiting(beside)).to_have_text(["/long 301", "another"])


def test_it_pauses_behind_an_answer_that_broke_off_until_somebody_sends_it(owner: Person) -> None:
    tab = owner.open()
    reply = tab.send("/error unauthorized 60")
    put(tab, "/long 3")
    put(tab, "/long 4")
    reply.expect_status("interrupted")
    expect(tab.page.locator("#queue")).to_contain_text("Paused")
    expect(waiting(tab)).to_have_count(2)

    tab.page.get_by_role("button", name="Send now").click()

    expect(bubbles(tab)).to_have_text(["/error unauthorized 60", "/long 3", "/long 4"], timeout=REPLY_WITHIN)
    expect(tab.page.locator("#queue > *")).to_have_count(0)


def test_the_queue_outlives_the_server(owner: Person) -> None:
    tab = owner.open()
    reply = tab.send("/silent")
    put(tab, "/long 3")
    expect(waiting(tab)).to_have_text(["/long 3"])

    owner.forgiven = SPOILED
    owner.product.kill()
    owner.product.restart()

    expect(reply.button("Stop")).to_be_visible(timeout=REPLY_WITHIN)
    expect(tab.page.locator("#connection")).to_have_text("", timeout=REPLY_WITHIN)
    reply.press("Stop")
    expect(bubbles(tab)).to_have_text(["/silent", "/long 3"], timeout=REPLY_WITHIN)


def test_send_is_stop_only_while_the_box_is_empty(owner: Person) -> None:
    tab = owner.open()
    tab.send("/silent")
    send, stop = tab.page.locator("#composer-send"), tab.page.locator("#composer-stop")

    expect(stop).to_be_visible()
    expect(send).to_be_hidden()
    tab.composer.fill("and")
    expect(send).to_be_visible()
    expect(stop).to_be_hidden()
    tab.composer.fill("")
    stop.click()
    tab.reply().expect_status("stopped")


def test_without_scripts_messages_wait_and_are_changed_by_forms(
    people: Callable[..., Person], product: Product, accounts: Iterator[Account]
) -> None:
    page = people(product, next(accounts), java_script_enabled=False).open().page
    for text in ("/error unauthorized 400", "/long 3", "not this one"):
        page.locator("#composer-text").fill(text)
        page.locator("#composer-send").click()
    expect(page.locator("#queue-list .queued-text")).to_have_text(["/long 3", "not this one"])

    page.locator(".queued", has_text="not this one").get_by_role("button", name="Withdraw").click()
    page.locator(".queued summary").click()
    page.locator(".queued textarea").fill("/long 4")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#queue-list .queued-text")).to_have_text(["/long 4"])
    page.locator("#messages .action-stop").click()

    bubbles = page.locator("#messages .bubble")
    loaded_until(page, lambda: bubbles.all_text_contents() == ["/error unauthorized 400", "/long 4"])
    expect(page.locator("#queue > *")).to_have_count(0)


def loaded_until(page: Page, condition: Callable[[], bool]) -> None:
    """Without scripts, a page learns what became of a wish when it is loaded again."""
    deadline = time.monotonic() + REPLY_WITHIN / 1000
    while not condition():
        assert time.monotonic() < deadline
        page.reload()
