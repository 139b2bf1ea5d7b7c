"""What hands do: the keyboard, and the buttons that copy."""

import pytest
from playwright.sync_api import expect

from apps.llm import demo_answers
from tests.support.browser import Person

pytestmark = pytest.mark.browser

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
