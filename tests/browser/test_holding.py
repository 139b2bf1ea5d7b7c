"""What readers have in their hands stays theirs while an answer is written: selection, focus, scroll."""

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from tests.support.browser import Person, Reply
from tests.support.openai_scripts import END, Pause, Script, text
from tests.support.openai_server import OpenAIServer

pytestmark = [pytest.mark.browser, pytest.mark.embedded_only]

PACE = 0.02  # seconds between pieces
SELECT = """
([id, words]) => {
  const body = document.getElementById(`message-${id}-body`);
  const texts = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const start = node.data.indexOf(words);
    if (start >= 0) return getSelection().setBaseAndExtent(node, start, node, start + words.length);
  }
}
"""
HOLD_CODE = """
(id) => {
  const code = document.querySelector(`#message-${id}-body pre`);
  code.focus();
  code.scrollLeft = 200;
}
"""
SELECTED = "() => getSelection().toString()"


def slowly(*pieces: str) -> Script:
    return Script([step for piece in pieces for step in (Pause(PACE), text(piece))] + [*END])


def box_of(element: Locator) -> FloatRect:
    box = element.bounding_box()
    assert box
    return box


def words(count: int) -> list[str]:
    return [f"word{number} " for number in range(count)]


def test_text_selected_in_the_open_block_stays_selected_to_the_end(
    model_owner: Person, model_server: OpenAIServer
) -> None:
    model_server.play(slowly("Some *marked* text to hold on to, ", *words(60), "\n\n", *words(60), "end."))
    tab = model_owner.open()
    reply = tab.send("Write.")
    expect(reply.body).to_contain_text("word5 ")

    tab.page.evaluate(SELECT, [str(reply.id), "text to hold"])
    expect(reply.body).to_contain_text("word40")
    assert tab.page.evaluate(SELECTED) == "text to hold"
    reply.expect_status("complete")

    assert tab.page.evaluate(SELECTED) == "text to hold"


def test_selection_across_blocks_and_messages_stays(model_owner: Person, model_server: OpenAIServer) -> None:
    model_server.play(slowly("First block.\n\nSecond block, ", *words(60), "end."))
    tab = model_owner.open()
    reply = tab.send("A question to read again.")
    expect(reply.body).to_contain_text("word5 ")

    tab.page.evaluate(
        """(id) => {
          const [first, second] = document.querySelectorAll(`#message-${id}-body p`);
          const question = document.querySelector("#messages .bubble").firstChild;
          getSelection().setBaseAndExtent(second.firstChild, 6, question, 2);
        }""",
        str(reply.id),
    )
    before = tab.page.evaluate(SELECTED)
    reply.expect_status("complete")

    assert "question to read again" in before
    assert tab.page.evaluate(SELECTED) == before


def test_a_code_block_that_is_being_written_keeps_its_scroll_and_focus(
    model_owner: Person, model_server: OpenAIServer
) -> None:
    line = "a_very_long_line_of_code = " + " + ".join(f"number_{n}" for n in range(60))
    more = [f"line_{number} = {number}\n" for number in range(60)]
    model_server.play(slowly(f"```python\n{line}\n", *more, "```\n\nEnd."))
    tab = model_owner.open()
    reply = tab.send("Write code.")
    code = reply.body.locator("pre")
    expect(code).to_contain_text("line_3")

    tab.page.evaluate(HOLD_CODE, str(reply.id))
    expect(code).to_contain_text("line_40")

    expect(code).to_be_focused()
    assert code.evaluate("(pre) => pre.scrollLeft") == 200
    reply.expect_status("complete")


def test_the_focus_on_an_action_outlives_what_comes_from_elsewhere(owner: Person) -> None:
    tab = owner.open()
    old = tab.send("/long 3")
    old.expect_status("complete")
    other = owner.open(tab.path)
    tab.front()
    old.button("Copy").focus()

    other.send("/long 30").expect_status("complete")

    Reply(tab.page, other.reply().id).expect_status("complete")
    expect(old.button("Copy")).to_be_focused()


def test_it_follows_only_a_reader_at_the_end(owner: Person) -> None:
    tab = owner.open()
    tab.send("/long 300").expect_status("complete")
    reply = tab.send("/long 300")
    reply.expect_words(30)
    expect(tab.page.locator("#jump")).to_be_hidden()

    tab.page.mouse.move(640, 300)
    tab.page.mouse.wheel(0, -600)
    expect(tab.page.locator("#jump")).to_be_visible()
    before = tab.page.evaluate("document.scrollingElement.scrollTop")
    reply.expect_words(200)
    assert tab.page.evaluate("document.scrollingElement.scrollTop") == before
    tab.page.locator("#jump").click()
    reply.expect_status("complete")

    expect(tab.page.locator("#jump")).to_be_hidden()
    expect(reply.entry.locator(".actions")).to_be_in_viewport()


def test_the_place_is_kept_when_something_above_it_changes_its_height(owner: Person) -> None:
    tab = owner.open()
    for _ in range(2):
        tab.send("/long 300").expect_status("complete")
    tab.page.evaluate("scrollTo({ top: 700, behavior: 'instant' })")
    expect(tab.page.locator("#jump")).to_be_visible()
    block = tab.replies.first.locator(".blocks > *").nth(-1)
    before = box_of(block)

    tab.page.evaluate("document.querySelector('#messages .bubble').textContent = 'a\\n'.repeat(30)")

    tab.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert abs(box_of(block)["y"] - before["y"]) < 2
