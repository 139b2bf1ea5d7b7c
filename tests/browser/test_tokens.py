"""Tokens for programs: made, shown once, listed, taken back."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_second_factors import prove
from tests.support.browser import Person

pytestmark = pytest.mark.browser

TOKENS = "/settings/tokens/"
SECRET = re.compile(r"^colloquy_[\w-]{43}$")
MANY = """
from datetime import timedelta
from django.utils import timezone
from apps.accounts.models import Token, User
user, week = User.objects.get(email="{email}"), timezone.now() + timedelta(days=7)
for number in range(21):
    Token.objects.create(user=user, name=f"Machine {{number}}", scope="read", hint="abcd", expires_at=week,
                         digest=f"{{user.pk}} {{number}}")
"""


def begin_token(person: Person) -> Page:
    """Ask for a new one; who it is has to be proven for that."""
    page = person.open(TOKENS).page
    page.get_by_role("link", name="New token").click()
    prove(page)
    return page


def make_token(page: Page, name: str) -> str:
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_role("heading", name="Your new token")).to_be_visible()
    return page.locator(".secret").inner_text()


def test_a_token_is_made_copied_and_shown_once(owner: Person) -> None:
    owner.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = begin_token(owner)
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name="New token").click()

    secret = make_token(page, "My laptop")
    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Copied")
    assert SECRET.match(secret)
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.get_by_role("link", name="Done").click()
    expect(page.locator(".row")).to_contain_text(f"colloquy_…{secret[-4:]}")
    assert secret not in page.content()


def test_a_token_that_is_reloaded_is_neither_shown_nor_made_again(owner: Person) -> None:
    page = begin_token(owner)
    secret = make_token(page, "My laptop")

    page.reload()

    expect(page.get_by_text("That token has been made.")).to_be_visible()
    expect(page.locator(".row")).to_have_count(1)
    assert secret not in page.content()


def test_a_token_is_revoked_after_a_second_thought(owner: Person) -> None:
    page = begin_token(owner)
    make_token(page, "My laptop")
    page.goto(TOKENS)
    page.get_by_role("link", name="Revoke My laptop").click()
    page.get_by_role("link", name="Keep it").click()
    expect(page.locator(".row")).to_have_count(1)

    page.get_by_role("link", name="Revoke My laptop").click()
    page.get_by_role("button", name="Revoke").click()

    expect(page.get_by_text("Revoked.")).to_be_visible()
    expect(page.get_by_text("You have none so far.")).to_be_visible()


def test_it_all_works_without_scripts(people: Callable[..., Person], owner: Person) -> None:
    page = begin_token(people(owner.product, owner.account, java_script_enabled=False))

    assert SECRET.match(make_token(page, "My laptop"))

    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    page.get_by_role("link", name="Done").click()
    page.get_by_role("link", name="Revoke My laptop").click()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("You have none so far.")).to_be_visible()


def test_many_tokens_are_on_pages(owner: Person) -> None:
    assert owner.account
    owner.product.manage("shell", "--verbosity", "0", "--command", MANY.format(email=owner.account.email))
    page = owner.open(TOKENS).page
    expect(page.locator(".row")).to_have_count(20)

    page.get_by_role("link", name="Older tokens").click()

    expect(page.locator(".row-title")).to_contain_text(["Machine 0"])


def test_the_reference_is_where_tokens_are_made(owner: Person) -> None:
    page = owner.open(TOKENS).page

    page.get_by_role("link", name="API reference").click()

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile("/api/v1/docs/$"))
