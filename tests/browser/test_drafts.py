"""What is written and not sent: on every page of its author, and never lost or overwritten."""

from collections.abc import Callable
from itertools import count

import pytest
from playwright.sync_api import Locator, expect

from tests.support.browser import Person, Tab
from tests.support.line import SPOILED, Line

pytestmark = pytest.mark.browser

NUMBERS = count(1)
STORED = "SELECT count(*) FROM chat_draft WHERE text = %s"
KEPT = "Object.keys(localStorage).filter((name) => name.startsWith('colloquy:draft:')).length"

LISTED = (
    "document.querySelector('#drafts data')?.value === document.querySelector('#composer [name=draft]').value"
)
WATCH = """
() => {
  const box = document.getElementById("composer-text");
  window.shown = [];
  box.addEventListener("input", () => shown.push(box.value));
}
"""
RECORD = """
() => {
  const form = document.getElementById("composer");
  const { draft, conversation, text } = Object.fromEntries(new FormData(form));
  const name = `colloquy:draft:${document.getElementById("outbox").dataset.user}:${draft}`;
  return [name, JSON.stringify({ command: "draft", conversation, draft, version: 1, text, at: 1 })];
}
"""  # what this browser would still have if it had not heard that the draft is stored


@pytest.fixture
def words() -> str:
    """What nobody else writes."""
    return f"/long 3 {next(NUMBERS)} draft"


@pytest.fixture
def line(owner: Person) -> Line:
    owner.forgiven = SPOILED
    return Line(owner.context)


@pytest.fixture
def talk(owner: Person, line: Line) -> Tab:
    """A tab with a conversation in which all is said."""
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    return tab


@pytest.fixture
def phone(people: Callable[..., Person], owner: Person, talk: Tab) -> Tab:
    """The same conversation on another device."""
    return people(owner.product, owner.account).open(talk.path)


def write(tab: Tab, text: str) -> None:
    tab.front()
    tab.composer.press_sequentially(text)


def until_stored(tab: Tab) -> None:
    """Wait until the page has heard so."""
    tab.page.wait_for_function(f"() => {KEPT} === 0 && {LISTED}")


def others(tab: Tab) -> Locator:
    return tab.page.locator(".other-draft span")


def test_what_is_typed_here_is_there(talk: Tab, phone: Tab, words: str) -> None:
    write(talk, words)
    expect(phone.composer).to_have_value(words)

    write(phone, " and more")
    phone.page.keyboard.press("End")
    expect(talk.composer).not_to_have_value(words)

    assert talk.composer.input_value().replace(" and more", "") == words
    assert (others(talk).count(), others(phone).count()) == (0, 0)


def test_it_is_there_on_a_page_that_is_opened_later(
    owner: Person, people: Callable[..., Person], words: str
) -> None:
    tab = owner.open()
    write(tab, words)
    tab.page.goto("about:blank")

    later = people(owner.product, owner.account).open()

    expect(later.composer).to_have_value(words)
    write(later, "!")
    later.composer.press("Enter")
    expect(later.messages).to_have_count(2)
    expect(later.composer).to_have_value("")
    assert people(owner.product, owner.account).open().composer.input_value() == ""


def test_what_is_sent_is_in_no_box_any_more(talk: Tab, phone: Tab, words: str) -> None:
    write(talk, words)
    expect(phone.composer).to_have_value(words)

    phone.front()
    phone.composer.press("Enter")

    expect(talk.messages).to_have_count(4)
    expect(talk.composer).to_have_value("")
    expect(phone.composer).to_have_value("")
    talk.page.reload()
    expect(talk.composer).to_have_value("")
    assert talk.page.evaluate(KEPT) == 0


def test_what_was_sent_before_the_list_had_it_does_not_come_back(
    talk: Tab, phone: Tab, line: Line, words: str
) -> None:
    line.hold()
    write(talk, words)
    expect(phone.composer).to_have_value(words)
    talk.page.evaluate(WATCH)
    talk.front()
    talk.composer.press("Enter")
    expect(phone.composer).to_have_value("")

    line.release()

    expect(talk.messages).to_have_count(4)
    assert set(talk.page.evaluate("shown")) == {""}


def test_what_is_emptied_here_is_empty_there(talk: Tab, phone: Tab, words: str) -> None:
    write(talk, words)
    expect(phone.composer).to_have_value(words)

    talk.front()
    talk.composer.fill("")

    expect(phone.composer).to_have_value("")


def test_two_drafts_are_both_kept_and_either_can_be_taken(
    talk: Tab, phone: Tab, line: Line, words: str
) -> None:
    line.cut()
    write(talk, f"{words} one")
    write(phone, f"{words} two")
    expect(talk.page.locator("#connection")).not_to_be_empty()
    line.mend()

    expect(others(talk)).to_have_text(f"{words} two")
    expect(others(phone)).to_have_text(f"{words} one")
    expect(talk.composer).to_have_value(f"{words} one")
    talk.page.get_by_role("button", name="Use").click()
    expect(talk.composer).to_have_value(f"{words} two")
    expect(others(talk)).to_have_text(f"{words} one")


def test_a_draft_from_elsewhere_can_be_thrown_away(talk: Tab, phone: Tab, line: Line, words: str) -> None:
    line.cut()
    write(talk, f"{words} one")
    write(phone, f"{words} two")
    line.mend()
    expect(others(talk)).to_have_text(f"{words} two")

    talk.page.get_by_role("button", name="Throw this draft away").click()

    expect(others(talk)).to_have_count(0)
    expect(phone.composer).to_have_value(f"{words} one")
    expect(others(phone)).to_have_count(0)


def test_another_draft_stays_beside_the_box_when_one_is_sent(
    talk: Tab, phone: Tab, line: Line, words: str
) -> None:
    line.cut()
    write(talk, f"{words} one")
    write(phone, f"{words} two")
    line.mend()
    expect(others(talk)).to_have_text(f"{words} two")

    talk.front()
    talk.composer.press("Enter")

    expect(talk.messages).to_have_count(4)
    expect(talk.composer).to_have_value("")
    expect(others(talk)).to_have_text(f"{words} two")
    expect(phone.composer).to_have_value(f"{words} two")


def test_what_could_not_be_stored_comes_back_with_the_next_page(
    owner: Person, talk: Tab, line: Line, words: str
) -> None:
    path = talk.path
    line.cut()
    write(talk, words)
    talk.page.wait_for_function(f"() => {KEPT} > 0")
    talk.page.close()
    line.mend()

    later = owner.open(path)

    expect(later.composer).to_have_value(words)
    later.page.wait_for_function(f"() => {KEPT} === 0")
    assert owner.product.query(STORED, words) == [(1,)]


def test_what_is_kept_here_and_was_sent_elsewhere_is_not_brought_back(
    owner: Person, talk: Tab, phone: Tab, words: str
) -> None:
    write(talk, words)
    expect(phone.composer).to_have_value(words)
    until_stored(talk)
    path, record = talk.path, talk.page.evaluate(RECORD)
    phone.front()
    phone.composer.press("Enter")
    expect(phone.messages).to_have_count(4)
    expect(talk.composer).to_have_value("")
    talk.page.evaluate("([name, record]) => localStorage.setItem(name, record)", record)

    later = owner.open(path)

    later.page.wait_for_function(f"() => {KEPT} === 0")
    expect(later.composer).to_have_value("")


def test_words_beyond_what_was_sent_elsewhere_are_kept(talk: Tab, phone: Tab, line: Line, words: str) -> None:
    write(talk, words)
    until_stored(talk)
    expect(phone.composer).to_have_value(words)

    line.cut()
    write(talk, " and more")
    phone.composer.press("Enter")
    expect(phone.messages).to_have_count(4)
    line.mend()

    expect(talk.messages).to_have_count(4)
    expect(talk.composer).to_have_value(f"{words} and more")
    expect(phone.composer).to_have_value(f"{words} and more")


def test_a_new_conversation_takes_along_what_is_typed_while_it_begins(
    owner: Person, people: Callable[..., Person], words: str
) -> None:
    tab = owner.open()
    tab.send("/long 3")
    write(tab, words)
    tab.reply().expect_status("complete")

    elsewhere = people(owner.product, owner.account)

    expect(elsewhere.open(tab.path).composer).to_have_value(words)
    expect(elsewhere.open().composer).to_have_value("")


def test_a_draft_is_shown_and_sent_without_scripts(
    owner: Person, people: Callable[..., Person], talk: Tab, words: str
) -> None:
    write(talk, words)
    until_stored(talk)

    plain = people(owner.product, owner.account, java_script_enabled=False).open(talk.path)
    expect(plain.composer).to_have_value(words)
    plain.page.locator("#composer-send").click()

    expect(plain.messages).to_have_count(4)
    expect(plain.composer).to_have_value("")
    expect(talk.composer).to_have_value("")


def test_a_stranger_sees_none_of_it(owner: Person, stranger: Person, words: str) -> None:
    tab = owner.open()
    write(tab, words)
    until_stored(tab)

    assert stranger.open().composer.input_value() == ""
