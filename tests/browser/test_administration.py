"""What administrators see and do, and what the people concerned see of that."""

import os
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe_states import every_ending
from tests.browser.axe_walks import written
from tests.support.axe import violations
from tests.support.browser import REPLY_WITHIN, Person, Tab
from tests.support.pictures import Sitting, fill
from tests.support.product import Account
from tests.support.showpieces import RICH

pytestmark = pytest.mark.browser

PICTURED = pytest.mark.skipif("SCREENSHOTS" not in os.environ, reason="SCREENSHOTS names no folder")
WHY = "A reader asked why their answers break off."
DIAGRAM = "```mermaid\ngraph LR\n  A --> B\n```"
NARROWED = "/admin/oversight/auditentry/?what__exact=opened&staff_id__exact=1"
LONG = """
from apps.accounts.models import User
from apps.oversight.models import AuditEntry
owner = User.objects.get(email="{email}")
AuditEntry.objects.bulk_create(
    AuditEntry(what="opened", staff_id=1, staff_email="a@b.c", owner_id=owner.pk, reason=f"Reason {{n}}")
    for n in range(40)
)
"""


@pytest.fixture
def desk(owner: Person, administrator: Account, people: Callable[..., Person]) -> Person:
    return people(owner.product, administrator)


def open_transcript(desk: Person, path: str, why: str = WHY) -> Page:
    """Give a reason, and be in the conversation at that path of its owner's."""
    page = desk.open(f"/admin/chat/conversation/{path.split('/')[2]}/transcript/").page
    page.get_by_label("Why do you need to read").fill(why)
    page.get_by_role("button", name="Read the conversation").click()
    expect(page.locator("#messages > .message").first).to_be_visible()
    return page


def reply_of(owner: Person) -> tuple[Tab, str]:
    """A conversation of the owner's, and its path."""
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    return tab, tab.path


def test_who_read_what_is_told_to_whom_it_belongs(
    owner: Person, desk: Person, administrator: Account
) -> None:
    _tab, path = reply_of(owner)
    open_transcript(desk, path)
    page = owner.open("/settings/readings/").page

    entry = page.locator(".row", has_text=WHY)
    expect(entry).to_contain_text("Read the conversation")
    expect(entry).to_contain_text(administrator.email)
    entry.locator(".sight-link").click()

    expect(page).to_have_url(re.compile(path))


def test_a_long_record_goes_on(owner: Person) -> None:
    assert owner.account
    owner.product.manage("shell", "--verbosity", "0", "--command", LONG.format(email=owner.account.email))
    page = owner.open("/settings/readings/").page
    expect(page.locator(".row").first).to_contain_text("Reason 39")

    page.get_by_role("link", name="Earlier entries").click()

    expect(page.locator(".row").last).to_contain_text("Reason 0")


def test_versions_are_switched_for_the_reader_alone(owner: Person, desk: Person) -> None:
    tab, path = reply_of(owner)
    tab.reply().press("Regenerate")
    expect(tab.replies.last.locator(".siblings-count")).to_have_text("2/2")
    tab.reply().expect_status("complete")
    page = open_transcript(desk, path)
    expect(page.locator(".siblings-count")).to_have_text("2/2")

    page.get_by_role("link", name="Previous version").click()

    expect(page.locator(".siblings-count")).to_have_text("1/2")
    tab.page.reload()
    expect(tab.reply().entry.locator(".siblings-count")).to_have_text("2/2")
    page.get_by_role("link", name="Show what its owner sees").click()
    expect(page.locator(".siblings-count")).to_have_text("2/2")


def test_a_long_transcript_is_read_up_and_down(owner: Person, desk: Person) -> None:
    page = open_transcript(desk, written(owner, *["Because."] * 60))
    page.get_by_role("link", name="Earlier messages").click()
    expect(page).to_have_url(re.compile("above="))
    page.get_by_role("link", name="Later messages").click()
    expect(page).to_have_url(re.compile("below="))


def test_code_is_copied_and_wrapped_and_diagrams_are_drawn(owner: Person, desk: Person) -> None:
    page = open_transcript(desk, written(owner, f"```python\nprint()\n```\n\n{DIAGRAM}"))
    wrap = page.locator("[data-wrap]").first
    wrap.click()
    expect(wrap).to_have_attribute("aria-pressed", "true")
    page.locator("[data-copy]").first.click()
    expect(page.locator("#announcer")).to_have_text(re.compile("Copied|Could not copy"))
    expect(page.locator(".diagram img").first).to_be_visible(timeout=REPLY_WITHIN)


def test_blocking_closes_open_pages_at_once(owner: Person, desk: Person) -> None:
    assert owner.account
    tab, _path = reply_of(owner)
    page = desk.open(f"/admin/accounts/user/?q={owner.account.email}").page
    page.get_by_role("link", name=owner.account.email).click()

    page.get_by_role("button", name="Block", exact=True).click()

    expect(page.get_by_text("1 account blocked.")).to_be_visible()
    expect(tab.page).to_have_url(re.compile("/accounts/login/"))
    page.get_by_role("button", name="Unblock").click()
    expect(page.get_by_role("button", name="Sign out everywhere")).to_be_visible()


def test_words_are_found_in_messages_and_the_search_is_on_record(owner: Person, desk: Person) -> None:
    _tab, path = reply_of(owner)
    page = desk.open("/admin/chat/conversation/").page
    page.get_by_label("Owner’s address, id or words").fill("Line 1")
    page.get_by_label("In titles and messages").check()
    page.get_by_role("button", name="Search").click()
    expect(page.locator(f"#result_list a[href*='{path.split('/')[2]}']")).to_be_visible()

    page.goto("/admin/oversight/auditentry/")

    expect(page.get_by_text("“Line 1”").first).to_be_visible()


@pytest.mark.embedded_only
def test_axe_finds_nothing(owner: Person, desk: Person) -> None:
    path = written(owner, "Because.\n\n```python\nprint()\n```")
    transcript = f"/admin/chat/conversation/{path.split('/')[2]}/transcript/"
    pages = [desk.open(transcript).page, open_transcript(desk, path)]
    pages += [desk.open(address).page for address in ("/admin/", "/admin/chat/conversation/", NARROWED)]
    pages.append(owner.open("/settings/readings/").page)

    found = [f"{page.url}: {violation}" for page in pages for violation in violations(page)]

    assert found == [], "\n".join(found)


@PICTURED
def test_pictures(owner: Person, desk: Person, people: Callable[..., Person]) -> None:
    fill(Sitting(owner))
    rich = written(owner, RICH, "Because.")
    endings = every_ending(owner)
    path = re.sub(r"^https?://[^/]+", "", endings.url)
    sitting = Sitting(desk)
    page = desk.open("/admin/chat/conversation/").page
    sitting.picture("admin-list")
    page.goto(f"/admin/chat/conversation/{path.split('/')[2]}/transcript/")
    sitting.picture("admin-reason")
    page.close()
    open_transcript(desk, path)
    sitting.picture("admin-transcript")
    sitting.at(1280, 2400, "admin-transcript-whole")
    page = open_transcript(desk, rich)
    sitting.picture("admin-rich")
    for name, address in {
        "facts": f"/admin/chat/conversation/{path.split('/')[2]}/change/",
        "users": "/admin/accounts/user/",
        "attempts": "/admin/generation/generation/",
        "audit": "/admin/oversight/auditentry/",
        "index": "/admin/",
        "search": "/admin/chat/conversation/?q=bridge&content=1",
    }.items():
        page.goto(address)
        sitting.picture(f"admin-{name}")
    assert owner.account
    page.goto(f"/admin/accounts/user/?q={owner.account.email}")
    page.get_by_role("link", name=owner.account.email).click()
    sitting.picture("admin-user")
    theirs = Sitting(owner)
    owner.open("/settings/readings/")
    theirs.picture("readings")
