"""The small controls: ways out, ways back, and what is pressed once in a while."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.axe_states import recovery_codes
from tests.browser.axe_walks import written
from tests.browser.test_queue import put
from tests.browser.test_second_factors import SECURITY, prove
from tests.support.browser import Person, Tab
from tests.support.product import Account

pytestmark = [pytest.mark.browser, pytest.mark.embedded_only]

MANY = """
from datetime import timedelta
from django.utils import timezone
from apps.accounts.models import User
from apps.chat.models import Conversation
owner, now = User.objects.get(email={email!r}), timezone.now()
Conversation.objects.bulk_create(
    Conversation(
        owner=owner, title=f"Bridge {{n}}", title_state="user", model_name="demo", archived={archived},
        updated_at=now - timedelta(hours=n),
    )
    for n in range(200)
)
"""


@pytest.fixture
def talk(owner: Person, administrator: Account) -> Tab:
    return owner.open(written(owner, "Because."))


def editing(talk: Tab, text: str) -> Locator:
    """The question, whose edit reads `text`."""
    question = talk.page.locator(".message-user")
    question.hover()
    question.get_by_role("button", name="Edit").click()
    question.get_by_role("textbox").fill(text)
    return question


def test_an_edit_is_given_up(talk: Tab) -> None:
    question = editing(talk, "Something else")

    question.get_by_role("button", name="Cancel").click()

    expect(question.get_by_role("textbox")).to_have_count(0)
    expect(question.locator(".bubble")).to_have_text("What is it?")
    expect(question.get_by_role("button", name="Edit")).to_be_focused()


def test_an_edit_is_sent_by_its_button(talk: Tab) -> None:
    question = editing(talk, "/long 3")

    question.get_by_role("button", name="Send").click()

    expect(question.locator(".bubble")).to_have_text("/long 3")
    talk.reply().expect_status("complete")


def test_a_note_is_given_up(talk: Tab) -> None:
    talk.reply().press("Good answer")
    talk.page.get_by_role("link", name="Add a note").click()
    sheet = talk.page.get_by_role("dialog")
    sheet.get_by_role("textbox").fill("Nice.")

    sheet.get_by_role("button", name="Cancel").click()

    expect(sheet).to_be_hidden()
    expect(talk.page.get_by_role("link", name="Add a note")).to_be_visible()


def test_instructions_are_given_up(talk: Tab) -> None:
    talk.page.locator("#instructions-button").click()
    talk.page.locator("#instructions-text").fill("Answer in rhymes.")

    talk.page.locator("#instructions").get_by_role("button", name="Cancel").click()

    expect(talk.page.locator("#instructions")).to_be_hidden()
    talk.page.reload()
    expect(talk.page.locator("#instructions-text")).to_have_value("")


def test_a_change_to_what_waits_is_given_up(owner: Person) -> None:
    tab = owner.open()
    reply = tab.send("/silent")
    put(tab, "Later, please.")
    tab.page.locator(".queued summary").click()
    tab.page.locator(".queued textarea").fill("/long 3")

    tab.page.locator(".queued").get_by_role("button", name="Cancel").click()

    expect(tab.page.locator(".queued-text")).to_have_text("Later, please.")
    tab.page.get_by_role("button", name="Withdraw").click()
    reply.press("Stop")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Explain something", "suspension bridge"),
        ("Draft an email", "Thursday’s meeting"),
        ("Write some code", "Python function"),
    ],
)
def test_a_beginning_is_put_into_the_box(owner: Person, name: str, words: str) -> None:
    tab = owner.open()

    tab.page.get_by_role("button", name=name).click()

    expect(tab.composer).to_have_value(re.compile(words))
    expect(tab.composer).to_be_focused()


def test_the_wordmark_leads_to_a_new_conversation(talk: Tab) -> None:
    talk.page.get_by_role("link", name="Colloquy").click()

    expect(talk.page).to_have_url(re.compile(r":\d+/$"))
    expect(talk.messages).to_have_count(0)


def test_what_the_demo_model_says_of_itself_is_folded_away(owner: Person) -> None:
    page = owner.open().page
    expect(page.get_by_text("OPENAI_API_KEY")).to_be_visible()

    page.get_by_text("Replies come from the built-in demo model.").click()

    expect(page.get_by_text("OPENAI_API_KEY")).to_be_hidden()


def test_administrators_are_led_to_the_administration(
    owner: Person, administrator: Account, people: Callable[..., Person]
) -> None:
    assert owner.open().page.get_by_text("Administration").count() == 0
    page = people(owner.product, administrator).open().page
    page.locator(".account").click()

    page.get_by_role("link", name="Administration").click()

    expect(page).to_have_url(re.compile("/admin/"))


def test_every_other_device_is_signed_out_at_once(owner: Person, people: Callable[..., Person]) -> None:
    elsewhere = people(owner.product, owner.account).open()
    assert owner.account
    owner.context.clear_cookies()
    page = owner.open("/accounts/login/").page
    page.get_by_label("Email").fill(owner.account.email)
    page.get_by_label("Password").fill(owner.account.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#composer-text")).to_be_visible()

    page.goto("/settings/devices/")
    page.get_by_role("button", name="Sign out everywhere else").click()

    expect(elsewhere.page).to_have_url(re.compile("/accounts/login/"))
    expect(page.locator(".row")).to_have_count(1)


@pytest.mark.parametrize(
    ("path", "entry", "archived"),
    [
        ("/", "#conversations .conversation", False),
        ("/conversations/?words=bridge", "#found .conversation-link", False),
        ("/archive/", ".archived", True),
    ],
)
def test_without_scripts_a_link_leads_on_to_older_conversations(
    owner: Person, people: Callable[..., Person], path: str, entry: str, *, archived: bool
) -> None:
    assert owner.account
    script = MANY.format(email=owner.account.email, archived=archived)
    owner.product.manage("shell", "--verbosity", "0", "--command", script)
    page = people(owner.product, owner.account, java_script_enabled=False).open(path).page
    before = page.locator(entry).all_text_contents()

    page.get_by_role("link", name="Older conversations").last.click()

    after = page.locator(entry).all_text_contents()
    assert after
    assert not set(before) & set(after)


def test_the_first_stop_of_the_archive_skips_to_it(owner: Person) -> None:
    page = owner.open("/archive/").page

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the archive")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#archived")).to_be_focused()


def test_what_is_archived_is_read_and_taken_back_from_there(talk: Tab) -> None:
    talk.menu("Written", "Archive")
    talk.page.goto("/archive/")
    talk.page.locator(".archived-link").click()
    expect(talk.messages).to_have_count(2)

    talk.page.keyboard.press("Control+k")
    talk.page.get_by_role("option", name="Take back into the list").click()

    expect(talk.titles).to_have_text(["Written"])


def test_a_link_to_another_version_offers_to_show_it(talk: Tab) -> None:
    old = talk.reply()
    old.press("Regenerate")
    expect(old.entry).to_have_count(0)
    talk.reply().expect_status("complete")

    talk.page.goto(f"{talk.path}at/{old.id}/")
    expect(old.entry).to_have_count(0)
    talk.page.get_by_role("button", name="Show that version").click()

    expect(old.entry).to_be_visible()


def test_the_profile_leads_to_the_addresses(owner: Person) -> None:
    page = owner.open("/settings/profile/").page

    page.get_by_role("link", name="Change").click()

    expect(page.get_by_role("heading", name="Email addresses")).to_be_visible()


def test_recovery_codes_are_taken_along(owner: Person) -> None:
    page = recovery_codes(owner)
    codes = page.locator(".codes li").all_text_contents()

    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()

    assert set(codes) <= set(download.value.path().read_text().splitlines())


def test_new_recovery_codes_take_the_place_of_the_old(owner: Person) -> None:
    page = recovery_codes(owner)
    before = page.locator(".codes li").all_text_contents()

    page.get_by_role("link", name="Make new ones").click()
    page.get_by_role("button", name="Make new ones").click()

    expect(page.locator(".codes li")).to_have_count(len(before))
    assert not set(before) & set(page.locator(".codes li").all_text_contents())
    page.get_by_role("link", name="Back", exact=True).click()
    expect(page).to_have_url(re.compile(SECURITY))


def test_somebody_keeps_the_account_after_all(owner: Person) -> None:
    page = owner.open("/settings/delete/").page
    prove(page)

    page.get_by_role("link", name="Keep it").click()

    expect(page.get_by_role("heading", name="Profile")).to_be_visible()
