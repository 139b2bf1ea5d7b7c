"""The tools of code blocks, tables and formulas."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import wait_until_titled
from tests.support.browser import Person
from tests.support.openai_scripts import END, Pause, Script, text
from tests.support.openai_server import OpenAIServer

pytestmark = pytest.mark.browser

LONG = "value = [" + ", ".join(map(str, range(200))) + "]"
CODE = f"```python\n{LONG}\n```\n\nand\n\n```sh\necho {LONG}\n```\n"
STREAMED = Script(
    [step for line in CODE.splitlines(keepends=True) for step in (Pause(0.05), text(line))] + [*END]
)
WIDE_TABLE = f"|{'a long heading|' * 16}\n|{'---|' * 16}\n|{'x|' * 16}\n"
SCROLLS = "(element) => element.scrollWidth > element.clientWidth"
LOADED_FONT = """
() => document.fonts.ready.then(
  (fonts) => [...fonts].some(({family, status}) => family.includes("STIX") && status === "loaded")
)
"""


def overflows(element: Locator) -> bool:
    return bool(element.evaluate(SCROLLS))


def test_long_lines_wrap_at_the_press_of_a_key_in_every_block(
    model_owner: Person, model_server: OpenAIServer
) -> None:
    model_server.play(STREAMED)
    reply = model_owner.open().send("Write code.")
    reply.expect_status("complete")
    first, second = reply.body.locator("[data-wrap]").all()
    assert overflows(reply.body.locator("pre").last)

    first.press("Enter")

    for button in (first, second):
        expect(button).to_have_attribute("aria-pressed", "true")
    assert not any(overflows(block) for block in reply.body.locator("pre").all())
    second.press("Space")
    expect(first).to_have_attribute("aria-pressed", "false")
    assert overflows(reply.body.locator("pre").last)


def test_wrapping_is_remembered_and_holds_for_what_streams(
    model_owner: Person, model_server: OpenAIServer
) -> None:
    model_server.play(STREAMED)
    tab = model_owner.open()
    reply = tab.send("Write code.")
    reply.expect_status("complete")
    reply.body.locator("[data-wrap]").first.click()
    wait_until_titled(model_owner.product)
    model_server.play(STREAMED)

    tab.page.reload()
    expect(reply.body.locator("[data-wrap]").last).to_have_attribute("aria-pressed", "true")
    tab.send("More.").expect_status("complete")

    blocks = tab.replies.last.locator("pre")
    expect(blocks.last).to_be_visible()
    assert not any(overflows(block) for block in blocks.all())
    expect(tab.page.locator('[data-wrap][aria-pressed="false"]')).to_have_count(0)


def test_wide_table_scrolls_in_a_box_that_the_keyboard_reaches(
    model_owner: Person, model_server: OpenAIServer
) -> None:
    model_server.play(Script([text(WIDE_TABLE), *END]))
    tab = model_owner.open()
    reply = tab.send("Draw a table.")
    reply.expect_status("complete")
    box = reply.body.get_by_role("group", name="Table")

    box.focus()
    tab.page.keyboard.press("ArrowRight")

    tab.page.wait_for_function("(box) => box.scrollLeft > 0", arg=box.element_handle())
    assert not overflows(tab.page.locator("html"))


def test_first_formula_brings_a_font_made_for_maths(model_owner: Person, model_server: OpenAIServer) -> None:
    model_server.play(Script([text("$\\sqrt{x}$"), *END]))
    tab = model_owner.open()
    assert not tab.page.evaluate(LOADED_FONT)

    reply = tab.send("Write a formula.")

    expect(reply.body.locator("math")).to_be_visible()
    tab.page.wait_for_function(LOADED_FONT)
