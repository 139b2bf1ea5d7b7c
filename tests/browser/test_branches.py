"""Other versions of questions and answers: nothing is overwritten, and every tab shows the chosen one."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.support.browser import Person, Tab
from tests.support.line import SPOILED, Line
from tests.support.product import words_of

pytestmark = pytest.mark.browser


def question(tab: Tab, number: int = 0) -> Locator:
    return tab.page.locator("#messages > .message-user").nth(number)


def start_edit(tab: Tab, number: int = 0) -> Locator:
    """Press Edit below a question; its box."""
    tab.front()
    question(tab, number).hover()
    question(tab, number).get_by_role("button", name="Edit").click()
    return question(tab, number).get_by_role("textbox")


def expect_versions(message: Locator, places: str) -> None:
    expect(message.locator(".siblings-count")).to_have_text(places)


def test_first_question_is_edited_and_both_branches_stay(owner: Person) -> None:
    tab = owner.open()
    old = tab.send("/long 3")
    old.expect_status("complete")
    other = owner.open(tab.path)

    box = start_edit(tab)
    expect(box).to_be_focused()
    expect(box).to_have_value("/long 3")
    box.fill("/long 5")
    box.press("Enter")

    for each in (tab, other):
        expect(question(each).locator(".bubble")).to_have_text("/long 5")
        expect_versions(question(each), "2/2")
        each.reply().expect_status("complete")
        expect(each.messages).to_have_count(2)
    other.front()
    question(other).hover()
    question(other).get_by_role("button", name="Previous version").click()
    for each in (tab, other):
        expect(question(each).locator(".bubble")).to_have_text("/long 3")
        expect(each.replies.last).to_have_id(f"message-{old.id}")
    tab.page.reload()
    expect_versions(question(tab), "1/2")


def test_answer_is_regenerated_beside_the_old_one_and_the_keyboard_leads_between_them(owner: Person) -> None:
    tab = owner.open()
    old = tab.send("/long 12")
    old.expect_status("complete")
    other = owner.open(tab.path)
    tab.front()

    old.button("Regenerate").press("Enter")
    expect(old.entry).to_have_count(0)
    new = tab.reply()
    new.expect_status("complete")
    expect_versions(new.entry, "2/2")
    new.button("Previous version").press("Enter")

    expect(old.button("Next version")).to_be_focused()
    expect(other.replies.last).to_have_id(f"message-{old.id}")
    assert words_of(old.text) == words_of(new.page.locator(f"#message-{old.id}-body").text_content() or "")
    tab.page.reload()
    expect_versions(old.entry, "1/2")
    assert {reply.id for reply in owner.product.replies()} >= {old.id, new.id}


def test_open_edit_outlives_what_happens_around_it(owner: Person) -> None:
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    other = owner.open(tab.path)
    box = start_edit(tab)
    box.fill("half a thou")
    other.send("/silent").expect_status("streaming")
    other.reply().press("Stop")
    other.reply().expect_status("stopped")
    other.reply().press("Try again")
    other.reply().expect_status("streaming")
    expect(tab.replies.last).to_have_class("message message-assistant is-streaming")

    tab.front()
    expect(box).to_be_focused()
    tab.page.keyboard.type("ght")
    expect(box).to_have_value("half a thought")
    box.press("Enter")
    expect(question(tab).get_by_role("alert")).to_have_text("Wait for the answer, or stop it.")
    box.press("Escape")

    expect(question(tab).locator(".bubble")).to_have_text("/long 3")
    expect(question(tab).get_by_role("button", name="Edit")).to_be_focused()
    other.reply().press("Stop")


def test_edit_that_does_not_arrive_or_is_refused_keeps_its_text(owner: Person) -> None:
    line = Line(owner.context)
    owner.forgiven = re.compile(rf"{SPOILED.pattern}|status of 422|htmx:")
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    box = start_edit(tab)
    line.cut()

    box.fill("/long 4")
    box.press("Enter")
    expect(question(tab).get_by_role("alert")).to_contain_text("did not reach the server")
    line.mend()
    box.fill("\u3164")
    box.press("Enter")
    expect(question(tab).get_by_role("alert")).to_have_text("Write something first.")
    box.fill("/long 4")
    box.press("Enter")

    expect(question(tab).locator(".bubble")).to_have_text("/long 4")
    expect_versions(question(tab), "2/2")
