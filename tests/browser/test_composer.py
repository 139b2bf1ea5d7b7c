"""What hands do: the keyboard, and the buttons that copy."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from apps.llm import demo_answers
from apps.web import wording
from tests.support.browser import Person

pytestmark = pytest.mark.browser

COMPOSE = """
(box, how) => {
  const event = new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...how });
  return box.dispatchEvent(event);
}
"""
PASTED = "() => navigator.clipboard.readText()"


def test_shift_and_enter_break_the_line_and_enter_sends(owner: Person) -> None:
    tab = owner.open()
    keyboard = tab.page.keyboard

    keyboard.type("one")
    keyboard.press("Shift+Enter")
    keyboard.type("two")
    expect(tab.messages).to_have_count(0)
    keyboard.press("Enter")

    expect(tab.messages).to_have_count(2)
    assert tab.messages.first.locator(".bubble").text_content() == "one\ntwo"
    expect(tab.composer).to_have_value("")
    expect(tab.composer).to_be_focused()


def test_empty_message_is_not_sent(owner: Person) -> None:
    tab = owner.open()

    tab.composer.fill(" \n ")
    tab.composer.press("Enter")
    tab.send("/long 3").expect_status("complete")

    expect(tab.messages).to_have_count(2)


def test_message_and_code_are_copied_as_they_were_written(owner: Person) -> None:
    owner.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab = owner.open()
    reply = tab.send("hello")
    reply.expect_status("complete")

    reply.entry.locator("[data-copy]").click()
    expect(reply.entry.locator("[data-copy]")).to_have_text("Copied")
    code = demo_answers.GREETING_ANSWER.split("```python\n")[1].split("```")[0]
    assert tab.page.evaluate(PASTED) == code

    reply.button("Copy").and_(reply.entry.locator(".actions > .copy")).click()
    expect(reply.entry.locator(".actions > .copy.is-copied")).to_be_attached()
    assert tab.page.evaluate(PASTED) == demo_answers.GREETING_ANSWER


def test_enter_breaks_the_line_for_whoever_wants_that(owner: Person) -> None:
    settings = owner.open("/settings/writing/").page
    settings.get_by_label("Enter starts a new line").check()
    settings.get_by_role("button", name="Save").click()
    tab = owner.open()

    tab.page.keyboard.type("one")
    tab.page.keyboard.press("Enter")
    tab.page.keyboard.type("two")
    expect(tab.composer).to_have_value("one\ntwo")
    tab.page.keyboard.press("Shift+Enter")
    expect(tab.messages).to_have_count(2)
    tab.composer.fill("three")
    tab.page.keyboard.press("Control+Enter")

    expect(tab.page.locator("#queue-list .queued, #messages .bubble", has_text="three")).to_have_count(1)
    expect(tab.page.locator("#composer-hint")).to_contain_text("Enter starts a new line; Shift")


@pytest.mark.parametrize("how", [{"isComposing": True}, {"keyCode": 229}])
def test_enter_that_ends_a_composition_sends_nothing(owner: Person, how: dict[str, object]) -> None:
    tab = owner.open()
    tab.composer.fill("日本")

    tab.composer.evaluate(COMPOSE, how)

    expect(tab.composer).to_have_value("日本")
    tab.composer.press("Enter")
    expect(tab.messages.first.locator(".bubble")).to_have_text("日本")


def test_arrow_up_in_the_empty_box_edits_the_last_message(owner: Person) -> None:
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")

    tab.composer.press("ArrowUp")
    expect(tab.page.locator(".edit textarea")).to_be_focused()
    tab.page.keyboard.type("0")
    tab.page.keyboard.press("Enter")

    expect(tab.messages.first.locator(".bubble")).to_have_text("/long 30")
    expect(tab.messages.first.locator(".siblings-count")).to_have_text("2/2")


def test_arrow_up_edits_what_waits_before_what_was_sent(owner: Person) -> None:
    tab = owner.open()
    tab.send("/silent")
    tab.composer.fill("/long 3")
    tab.composer.press("Enter")
    expect(tab.page.locator("#queue-list .queued")).to_have_count(1)

    tab.composer.press("ArrowUp")
    tab.page.keyboard.type("0")
    tab.page.keyboard.press("Enter")

    expect(tab.page.locator("#queue-list .queued-text")).to_have_text("/long 30")


def test_arrow_up_in_a_box_with_text_moves_the_caret(owner: Person) -> None:
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")

    tab.composer.fill("one")
    tab.composer.press("ArrowUp")

    expect(tab.page.locator(".edit")).to_have_count(0)
    expect(tab.composer).to_be_focused()


def test_box_grows_with_its_text_up_to_a_part_of_the_window(owner: Person) -> None:
    tab = owner.open()
    heights = []

    for lines in (1, 5, 500):
        tab.composer.fill("line\n" * lines)
        heights.append(tab.composer.bounding_box()["height"])

    assert heights[0] < heights[1] < heights[2] <= 0.41 * tab.page.viewport_size["height"]


def test_long_text_is_pasted_and_typed_into_without_work_for_all_of_it_at_each_key(owner: Person) -> None:
    owner.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab = owner.open()
    tab.page.evaluate("() => navigator.clipboard.writeText('word '.repeat(39_999))")

    tab.page.keyboard.press("Control+V")
    tab.page.keyboard.type("the end")

    expect(tab.composer).to_have_class("is-long")
    expect(tab.composer).to_have_attribute("dir", "ltr")
    assert tab.composer.input_value().endswith("word the end")
    tab.composer.fill("")
    expect(tab.composer).to_have_attribute("dir", "auto")


def test_room_is_told_near_the_limit_and_nothing_longer_is_sent(owner: Person) -> None:
    tab = owner.open()
    limit = tab.page.locator("#composer-limit")
    tab.composer.fill("😀" * 1_000 + "x" * 198_000)
    expect(limit).to_have_text("1,000 characters left")

    tab.composer.fill("x" * 200_005)
    expect(limit).to_contain_text("5 characters too many")
    tab.composer.press("Enter")
    expect(tab.page.locator("#composer-send")).to_be_disabled()
    expect(tab.messages).to_have_count(0)
    tab.composer.fill("/long 3")

    expect(limit).to_have_text("")
    tab.composer.press("Enter")
    expect(tab.messages).to_have_count(2)


def test_without_scripts_what_is_refused_is_in_the_box_again(
    people: Callable[..., Person], owner: Person
) -> None:
    plain = people(owner.product, owner.account, java_script_enabled=False)
    plain.forgiven = re.compile("status of 422")
    page = plain.open().page

    page.locator("#composer-text").fill("\u3164")
    page.locator("#composer-send").click()

    expect(page.locator("#composer-error")).to_have_text(str(wording.REJECTIONS["blank"]))
    expect(page.locator("#composer-text")).to_have_value("\u3164")
    page.locator("#composer-text").fill("/long 3")
    page.locator("#composer-send").click()
    expect(page.locator("#messages > .message")).to_have_count(2)
