"""Several tabs, several people, one truth."""

from http import HTTPStatus

import pytest
from playwright.sync_api import expect

from apps.llm import demo_answers
from tests.support.browser import Person, Reply
from tests.support.product import words_of

pytestmark = pytest.mark.browser


def test_two_tabs_show_the_same_text_live(owner: Person) -> None:
    first = owner.open()
    here = first.send("/long 120")
    second = owner.open(first.path)
    there = second.reply()

    there.record()
    there.expect_status("complete")
    here.expect_status("complete")

    assert len(there.recorded()) > 10
    assert there.html == here.html
    assert words_of(there.text) == words_of(demo_answers.long(120))


def test_question_asked_in_one_tab_appears_in_the_other(owner: Person) -> None:
    first = owner.open()
    first.send("/long 5").expect_status("complete")
    second = owner.open(first.path)

    asked = second.send("/long 6")

    expect(first.messages).to_have_count(4)
    Reply(first.page, asked.id).expect_status("complete")
    expect(first.messages.nth(2)).to_contain_text("/long 6")


def test_new_conversation_and_its_title_appear_in_every_list(owner: Person) -> None:
    elsewhere, new = owner.open(), owner.open()
    question = "What is a suspension bridge?"

    reply = new.send(question)
    expect(elsewhere.titles.first).to_have_text(question)
    expect(elsewhere.page.locator(".conversation.is-running")).to_have_count(1)
    reply.expect_status("complete")

    for tab in (elsewhere, new):
        expect(tab.titles.first).to_have_text(demo_answers.title(question))
        expect(tab.page.locator(".conversation.is-running")).to_have_count(0)
    expect(new.page.locator("#title-input")).to_have_value(demo_answers.title(question))
    expect(new.page).to_have_title(f"{demo_answers.title(question)} · Colloquy")


def test_answer_is_complete_although_its_only_tab_was_closed(owner: Person) -> None:
    tab = owner.open()
    reply = tab.send("/long 60")
    reply.expect_words(3)
    path = tab.path
    tab.page.close()

    later = owner.open(path).reply()
    later.expect_status("complete")

    assert later.id == reply.id
    assert owner.source(path, reply.id) == demo_answers.long(60)


def test_stranger_sees_nothing_of_it(owner: Person, stranger: Person) -> None:
    theirs = stranger.open()
    tab = owner.open()
    reply = tab.send("/long 5")
    reply.expect_status("complete")

    for path in (tab.path, f"{tab.path}source/{reply.id}/", f"{tab.path}above/{reply.id}/"):
        assert stranger.context.request.get(path).status == HTTPStatus.NOT_FOUND
    expect(theirs.titles).to_have_count(0)
    theirs.page.reload()
    expect(theirs.titles).to_have_count(0)


def test_question_of_many_parts_arrives_whole_in_every_tab(owner: Person) -> None:
    first = owner.open()
    first.send("/long 3").expect_status("complete")
    second = owner.open(first.path)
    question = "/long 3 " + "+ " * 80_000  # the parts of its frame begin with what tells parts apart

    asked = first.send(question)

    asked.expect_status("complete")
    for tab in (first, second):
        expect(tab.messages).to_have_count(4)
        assert tab.messages.nth(2).locator(".bubble").text_content() == question
