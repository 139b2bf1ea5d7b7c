"""A transcript for every reader: by ear, from right to left, and on paper."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import Person, Tab
from tests.support.openai_scripts import END, Script, text
from tests.support.openai_server import OpenAIServer

pytestmark = [pytest.mark.browser, pytest.mark.embedded_only]

LISTEN = """
() => {
  window.heard = [];
  const announcer = document.getElementById("announcer");
  const changes = { childList: true, characterData: true, subtree: true };
  new MutationObserver(() => window.heard.push(announcer.textContent)).observe(announcer, changes);
}
"""
DIRECTIONS = """
(elements) => elements.map((element) => getComputedStyle(element).direction)
"""
ARABIC, HEBREW = "هذا جسر معلق", "זהו גשר תלוי"


def listen(tab: Tab) -> None:
    tab.page.evaluate(LISTEN)


def heard(tab: Tab) -> list[str]:
    words: list[str] = tab.page.evaluate("window.heard")
    return words


@pytest.mark.parametrize(
    ("question", "status", "last"),
    [
        ("/long 200", "complete", "Answer ready"),
        ("/error rate_limited 0", "failed", "The answer could not be finished"),
        ("/cut 30", "interrupted", "The answer could not be finished"),
    ],
)
def test_an_answer_is_announced_once_as_it_begins_and_once_as_it_ends(
    owner: Person, question: str, status: str, last: str
) -> None:
    tab = owner.open()
    other = owner.open()
    tab.send("/long 3").expect_status("complete")
    other.page.goto(tab.path)
    for each in (tab, other):
        listen(each)

    tab.send(question).expect_status(status)
    other.reply().expect_status(status)

    for each in (tab, other):
        assert heard(each) == ["Answering", last]
    expect(tab.page.get_by_role("status").and_(tab.page.locator("#announcer"))).to_have_count(1)


def test_an_answer_that_another_branch_hides_is_not_called_ready(owner: Person) -> None:
    tab = owner.open()
    old = tab.send("/long 3")
    old.expect_status("complete")
    old.press("Regenerate")
    expect(old.entry).to_have_count(0)
    tab.reply().expect_status("complete")
    tab.send("/silent").expect_status("streaming")
    running = tab.reply()
    listen(tab)

    tab.replies.first.get_by_role("button", name="Previous version").click()
    expect(old.entry).to_be_visible()

    assert heard(tab) == []
    tab.replies.first.get_by_role("button", name="Next version").click()
    running.press("Stop")
    running.expect_status("stopped")


def test_every_block_is_read_in_its_own_direction(model_owner: Person, model_server: OpenAIServer) -> None:
    model_server.play(Script([text(f"English.\n\n{ARABIC}\n\n- {HEBREW}\n- item\n\n> {ARABIC}\n"), *END]))
    tab = model_owner.open()

    reply = tab.send(HEBREW)
    reply.expect_status("complete")

    assert tab.page.locator(".bubble").evaluate_all(DIRECTIONS) == ["rtl"]
    assert reply.body.locator(".blocks > p").evaluate_all(DIRECTIONS) == ["ltr", "rtl"]
    starts = reply.body.locator("li, blockquote p").evaluate_all(
        "(elements) => elements.map((e) => getComputedStyle(e).unicodeBidi + getComputedStyle(e).direction)"
    )
    assert all("plaintext" in start or "rtl" in start for start in starts)


def test_only_the_transcript_is_printed_and_light(owner: Person) -> None:
    tab = owner.open()
    reply = tab.send("How does a suspension bridge carry its load?")
    reply.expect_status("complete")
    tab.page.emulate_media(media="print", color_scheme="dark")

    for hidden in ("#sidebar", ".composer-dock", ".demo-banner", ".actions", ".header button", ".code-copy"):
        for element in tab.page.locator(hidden).all():
            expect(element).to_be_hidden()
    expect(tab.page.get_by_role("heading", name="You said")).to_be_in_viewport()
    expect(reply.body.locator("pre")).to_have_css("white-space-collapse", "preserve")
    expect(reply.body.locator("pre")).to_have_css("text-wrap-mode", "wrap")
    expect(reply.body).to_have_css("color", "rgb(0, 0, 0)")
