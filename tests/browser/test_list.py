"""The list of conversations: titles given by hand, and taking a conversation away."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import Person, Tab
from tests.support.openai_scripts import END, Script, text
from tests.support.openai_server import OpenAIServer

pytestmark = pytest.mark.browser

TITLE = "My own words"


def rename(tab: Tab, old: str, new: str) -> None:
    tab.menu(old, "Rename")
    field = tab.page.get_by_label("Conversation title").and_(tab.page.locator("#conversations input:focus"))
    expect(field).to_have_value(old)
    field.fill(new)
    field.press("Enter")


def test_title_given_in_the_list_is_shown_in_every_tab(owner: Person) -> None:
    tab, elsewhere = owner.open(), owner.open()
    tab.send("/long 3").expect_status("complete")
    expect(tab.titles).to_have_text(["Long 3"])

    rename(tab, "Long 3", TITLE)

    for page in (tab, elsewhere):
        expect(page.titles).to_have_text([TITLE])
    expect(tab.page.locator("#title-input")).to_have_value(TITLE)
    expect(tab.page).to_have_title(f"{TITLE} · Colloquy")


def test_title_given_in_the_header_is_kept(owner: Person) -> None:
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    expect(tab.titles).to_have_text(["Long 3"])

    tab.page.locator("#title-input").fill(TITLE)
    tab.page.locator("#title-input").press("Enter")

    expect(tab.titles).to_have_text([TITLE])
    tab.page.reload()
    expect(tab.page.locator("#title-input")).to_have_value(TITLE)


def test_title_that_the_model_writes_too_late_is_dropped(
    model_owner: Person, model_server: OpenAIServer
) -> None:
    model_server.play(Script([text("Hello."), *END]), Script([text("Too late"), *END], delay=2))
    tab = model_owner.open()
    tab.send("hello").expect_status("complete")
    model_server.wait_for_open_streams(1)

    rename(tab, "hello", TITLE)
    expect(tab.titles).to_have_text([TITLE])
    model_server.wait_for_open_streams(0)
    tab.send("And then?").expect_status("complete")

    assert any(request.wants_title for request in model_server.requests)
    expect(tab.titles).to_have_text([TITLE])
    tab.page.reload()
    expect(tab.titles).to_have_text([TITLE])


def test_deleting_asks_first_and_takes_the_conversation_from_every_tab(owner: Person) -> None:
    tab, elsewhere = owner.open(), owner.open()
    tab.send("/long 3").expect_status("complete")
    shown = owner.open(tab.path)
    expect(elsewhere.titles).to_have_text(["Long 3"])

    elsewhere.menu("Long 3", "Delete")
    dialog = elsewhere.page.get_by_role("dialog")
    expect(dialog).to_contain_text("“Long 3” and all its messages will be deleted.")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    expect(elsewhere.titles).to_have_text(["Long 3"])
    elsewhere.menu("Long 3", "Delete")
    dialog.get_by_role("button", name="Delete").click()

    for page in (tab, shown, elsewhere):
        expect(page.titles).to_have_count(0)
        expect(page.page).to_have_url(re.compile(r"^https?://[^/]+/$"))
