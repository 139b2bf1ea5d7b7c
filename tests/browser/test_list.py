"""The list of conversations: titles, order, the archive, what is unread, and taking things back."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser import REPLY_WITHIN, Person, Tab
from tests.support.line import SPOILED
from tests.support.openai_scripts import END, Script, text
from tests.support.openai_server import OpenAIServer

pytestmark = pytest.mark.browser

TITLE = "My own words"
NEW_PAGE = re.compile(r"^https?://[^/]+/(\?deleted=[-0-9a-f]+)?$")
MANY = """
from datetime import timedelta
from django.utils import timezone
from apps.accounts.models import User
from apps.chat.models import Conversation
owner, now, step = User.objects.get(email="{email}"), timezone.now(), timedelta(hours=16)
Conversation.objects.bulk_create(
    Conversation(owner=owner, title=f"Büro {{n}}", model_name="demo", updated_at=now - n * step)
    for n in range(60)
)
"""


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


def test_deleting_takes_the_conversation_from_every_tab_and_undo_brings_it_back(owner: Person) -> None:
    tab, elsewhere = owner.open(), owner.open()
    tab.send("/long 3").expect_status("complete")
    shown = owner.open(tab.path)
    expect(elsewhere.titles).to_have_text(["Long 3"])

    elsewhere.menu("Long 3", "Delete")
    for page in (tab, shown, elsewhere):
        expect(page.titles).to_have_count(0)
        expect(page.page).to_have_url(NEW_PAGE)
    toast = elsewhere.page.locator(".toast")
    expect(toast).to_contain_text("Deleted “Long 3”")
    elsewhere.page.get_by_role("button", name="Undo").click()

    for page in (tab, shown, elsewhere):
        expect(page.titles).to_have_text(["Long 3"])
    expect(toast).to_have_count(0)


def test_deleting_what_is_shown_can_be_undone_on_the_page_that_takes_its_place(owner: Person) -> None:
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    path = tab.path

    tab.menu("Long 3", "Delete")
    expect(tab.page).to_have_url(NEW_PAGE)
    tab.page.get_by_role("button", name="Undo").click()

    expect(tab.page).to_have_url(re.compile(re.escape(path)))
    expect(tab.messages).to_have_count(2)


def test_deleting_by_keyboard_leads_to_undo_and_back_to_the_list(owner: Person) -> None:
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    tab.page.goto("/")
    tab.page.locator(".conversation-more").focus()
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_role("button", name="Pin", exact=True)).to_be_focused()
    for key in ("ArrowUp", "Enter"):
        tab.page.keyboard.press(key)
    undo = tab.page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    tab.page.keyboard.press("Enter")

    expect(tab.page.locator(".conversation-link")).to_be_visible()


def test_what_is_pinned_stands_on_top_in_every_tab(owner: Person) -> None:
    tab, elsewhere = owner.open(), owner.open()
    for words in ("/long 3", "/long 4"):
        tab.page.goto("/")
        tab.send(words).expect_status("complete")
    expect(tab.titles).to_have_text(["Long 4", "Long 3"])

    tab.menu("Long 3", "Pin")
    for page in (tab, elsewhere):
        expect(page.titles).to_have_text(["Long 3", "Long 4"])
        expect(page.page.locator(".group:visible")).to_have_text(["Pinned", "Today"])
    tab.menu("Long 3", "Unpin")

    for page in (tab, elsewhere):
        expect(page.titles).to_have_text(["Long 4", "Long 3"])
        expect(page.page.locator(".group:visible")).to_have_text(["Today"])


def test_what_is_archived_is_in_the_archive_until_it_is_taken_back(owner: Person) -> None:
    tab, archive = owner.open(), owner.open("/archive/")
    expect(archive.page.get_by_text("Nothing is archived")).to_be_visible()
    tab.send("/long 3").expect_status("complete")
    expect(tab.titles).to_have_text(["Long 3"])

    tab.menu("Long 3", "Archive")
    for page in (tab, archive):
        expect(page.titles).to_have_count(0)
    archive.front()
    expect(archive.page.locator(".archived")).to_contain_text("Long 3")
    archive.page.get_by_role("button", name="Take “Long 3” back into the list").click()

    for page in (tab, archive):
        expect(page.titles).to_have_text(["Long 3"])
    expect(archive.page.get_by_text("Nothing is archived")).to_be_visible()


def test_the_archive_tells_what_did_not_reach_the_server(owner: Person) -> None:
    owner.forgiven = re.compile(rf"{SPOILED.pattern}|htmx:")
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    expect(tab.titles).to_have_text(["Long 3"])
    tab.menu("Long 3", "Archive")
    archive = owner.open("/archive/").page
    back = archive.get_by_role("button", name="Take “Long 3” back into the list")

    owner.context.set_offline(True)
    back.click()
    expect(archive.get_by_role("alert")).to_have_text("That did not reach the server. Try again.")
    owner.context.set_offline(False)
    back.click()

    expect(archive.get_by_text("Nothing is archived")).to_be_visible()
    expect(archive.locator("#archive-error")).to_be_empty()


def test_an_answer_is_unread_until_somebody_looks_on_any_device(
    owner: Person, people: Callable[..., Person]
) -> None:
    tab = owner.open()
    tab.send("/slow 0.2 /long 3")
    path = tab.path
    tab.page.goto("/")
    unread = tab.page.get_by_text("New answer")
    expect(unread).to_be_attached(timeout=REPLY_WITHIN)

    device = people(owner.product, owner.account).open(path)

    expect(device.messages).to_have_count(2)
    expect(unread).to_have_count(0)
    expect(device.page.get_by_text("New answer")).to_have_count(0)


def test_a_title_that_is_being_written_survives_what_happens_to_its_conversation(owner: Person) -> None:
    tab, elsewhere = owner.open(), owner.open()
    tab.send("/long 3").expect_status("complete")
    expect(elsewhere.titles).to_have_text(["Long 3"])
    elsewhere.menu("Long 3", "Rename")
    elsewhere.page.keyboard.type("Half a ti")

    tab.menu("Long 3", "Pin")
    expect(tab.page.locator(".group:visible")).to_have_text(["Pinned"])
    elsewhere.front()
    elsewhere.page.keyboard.type("tle")
    elsewhere.page.keyboard.press("Enter")

    for page in (tab, elsewhere):
        expect(page.titles).to_have_text(["Half a title"])
        expect(page.page.locator(".group:visible")).to_have_text(["Pinned"])


def test_the_list_goes_on_as_it_is_scrolled_and_titles_are_found(owner: Person) -> None:
    owner.product.manage("shell", "--verbosity", "0", "--command", MANY.format(email=owner.account.email))
    tab = owner.open()
    expect(tab.titles).to_have_count(40)
    expect(tab.page.locator(".group:visible")).to_contain_text(["Today", "Yesterday", "Previous 7 days"])

    tab.page.locator("#more-items").scroll_into_view_if_needed()
    expect(tab.titles).to_have_count(60)
    assert tab.page.locator(".group:visible").count() == len(
        set(tab.page.locator(".group").all_text_contents())
    )
    tab.page.get_by_label("Search titles").fill("büro 7")

    found = tab.page.locator("#found .conversation-title")
    expect(found).to_have_text([f"Büro {n}" for n in (7, 17, 27, 37, 47, 57)])
    expect(tab.titles.first).to_be_hidden()
    tab.page.keyboard.press("Escape")
    expect(tab.titles.first).to_be_visible()


def test_search_without_a_result_says_so(owner: Person) -> None:
    tab = owner.open()
    tab.page.get_by_label("Search titles").fill("nowhere")

    expect(tab.page.get_by_text("Nothing found")).to_be_visible()
    expect(tab.page.locator("#found-count")).to_have_text("0 conversations found")


def test_everything_works_without_scripts(people: Callable[..., Person], owner: Person) -> None:
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    expect(tab.titles).to_have_text(["Long 3"])
    plain = people(owner.product, owner.account, java_script_enabled=False).open()

    plain.menu("Long 3", "Pin")
    expect(plain.page.locator(".group:visible")).to_have_text(["Pinned"])
    plain.menu("Long 3", "Delete")
    expect(plain.titles).to_have_count(0)
    plain.page.get_by_role("button", name="Undo").click()
    expect(plain.messages).to_have_count(2)
    plain.page.get_by_label("Search titles").fill("long")
    plain.page.keyboard.press("Enter")

    expect(plain.page.locator("#found .conversation-title")).to_have_text(["Long 3"])
