"""Replies that do not simply end: stopped, failed, continued, tried again."""

import pytest
from playwright.sync_api import expect

from apps.llm import demo_answers
from apps.web import wording
from tests.support.browser import Person, Reply
from tests.support.product import words_of

pytestmark = pytest.mark.browser


def siblings(reply: Reply) -> str:
    return reply.entry.locator(".siblings-count").text_content() or ""


def test_stop_ends_the_answer_and_continue_appends_to_it(owner: Person) -> None:
    tab = owner.open()
    reply = tab.send("/long 100")
    reply.expect_words(10)

    tab.page.get_by_role("button", name="Stop", exact=True).last.click()
    reply.expect_status("stopped")
    expect(reply.problem).to_have_text(str(wording.STOPPED))
    kept = owner.source(tab.path, reply.id)
    assert words_of(kept) == words_of(reply.text)

    reply.press("Continue")
    reply.expect_status("complete")

    assert kept != demo_answers.long(100)
    assert owner.source(tab.path, reply.id) == demo_answers.long(100)
    assert words_of(reply.text) == words_of(demo_answers.long(100))
    expect(tab.messages).to_have_count(2)


def test_silent_model_can_be_stopped(owner: Person) -> None:
    reply = owner.open().send("/silent")
    reply.expect_status("streaming")
    expect(reply.entry.locator(".thinking")).to_be_visible()

    reply.press("Stop")

    reply.expect_status("stopped")
    expect(reply.entry.locator(".thinking")).to_be_hidden()


def test_failure_before_any_text_says_so_plainly_and_is_tried_again_in_place(owner: Person) -> None:
    tab = owner.open()
    reply = tab.send("/error context_too_long")
    reply.expect_status("failed")
    expect(reply.problem).to_have_text(str(wording.ERRORS["context_too_long"]))
    attempt = owner.product.reply(reply.id).attempt

    with reply.redrawn():
        reply.press("Try again")

    reply.expect_status("failed")
    assert owner.product.reply(reply.id).attempt == attempt + 1
    expect(tab.messages).to_have_count(2)


def test_failure_behind_text_keeps_it_and_the_next_try_stands_beside_it(owner: Person) -> None:
    tab = owner.open()
    reply = tab.send("/error unauthorized 20")
    reply.expect_status("interrupted")
    expect(reply.problem).to_have_text(str(wording.ERRORS["unauthorized"]))
    written = demo_answers.first_words(demo_answers.long(60), 20)
    assert owner.source(tab.path, reply.id) == written

    reply.press("Try again")
    expect(reply.entry).to_have_count(0)
    other = tab.reply()
    other.expect_status("interrupted")
    assert siblings(other) == "2/2"
    other.press("Previous version")

    expect(reply.entry).to_be_visible()
    assert siblings(reply) == "1/2"
    assert words_of(reply.text) == words_of(written)
    expect(tab.messages).to_have_count(2)
    tab.page.reload()
    assert words_of(reply.text) == words_of(written)


def test_cut_answer_is_continued_to_its_end(owner: Person) -> None:
    tab = owner.open()
    reply = tab.send("/cut 20")
    reply.expect_status("interrupted")
    expect(reply.problem).to_have_text(str(wording.ERRORS["cut_off"]))

    reply.press("Continue")
    reply.expect_status("complete")

    assert owner.source(tab.path, reply.id) == demo_answers.long(60)
    expect(tab.messages).to_have_count(2)
