"""Passkeys, codes of an authenticator app, and recovery codes."""

import time
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from tests.browser.test_accounts import SIGN_IN, sign_in
from tests.support.browser import Person
from tests.support.product import PASSWORD

pytestmark = pytest.mark.browser

SECURITY = "/accounts/2fa/"
PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}


def with_authenticator(page: Page) -> Page:
    """The page on a device that keeps passkeys, and whose owner always agrees."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE})
    return page


def prove(page: Page) -> None:
    """Say the password once more, as sensitive pages ask."""
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(SIGN_IN)


def add_passkey(page: Page, name: str) -> None:
    page.goto(SECURITY)
    page.get_by_role("link", name="Add a passkey").click()
    prove(page)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def code_of(secret: str) -> str:
    """What an authenticator app shows just now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def test_passkey_signs_in_without_a_password(owner: Person) -> None:
    page = with_authenticator(owner.open().page)
    add_passkey(page, "This laptop")
    sign_out(page)

    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.locator("#composer-text")).to_be_visible()
    page.goto(SECURITY)
    expect(page.get_by_text("This laptop")).to_be_visible()
    expect(page.get_by_text("Last used on")).to_be_visible()


def test_passkey_confirms_a_password_and_is_renamed_and_removed(owner: Person) -> None:
    assert owner.account
    page = with_authenticator(owner.open().page)
    add_passkey(page, "This laptop")
    sign_out(page)
    sign_in(page, owner.account.email, PASSWORD)
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page.locator("#composer-text")).to_be_visible()

    page.goto(SECURITY)
    page.get_by_role("link", name="Rename This laptop").click()
    prove(page)
    page.get_by_label("Name").fill("Old laptop")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Remove Old laptop").click()
    page.get_by_role("button", name="Remove").click()

    expect(page.get_by_text("You have none so far.")).to_be_visible()


def test_refused_passkey_is_told_in_words(owner: Person, people: Callable[..., Person]) -> None:
    page = with_authenticator(people(owner.product).open("/accounts/login/").page)

    page.get_by_role("button", name="Sign in with a passkey").click()  # there is none on this device

    expect(page.get_by_text("Nothing happened")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_enabled()


def test_authenticator_app_is_asked_for_at_the_next_sign_in(owner: Person) -> None:
    assert owner.account
    page = owner.open(SECURITY).page
    page.get_by_role("link", name="Set up").click()
    prove(page)
    secret = page.locator(".secret").inner_text()
    expect(page.locator(".qr")).to_be_visible()
    page.get_by_label("Authenticator code").fill(code_of(secret))
    page.get_by_role("button", name="Switch on").click()
    recovery_code = page.locator(".codes li").first.inner_text()

    sign_out(page)
    sign_in(page, owner.account.email, PASSWORD)
    page.get_by_label("Code").fill("000 000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("Incorrect code.")).to_be_visible()
    page.get_by_label("Code").fill(recovery_code)
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page.locator("#composer-text")).to_be_visible()
    page.goto(SECURITY)
    expect(page.get_by_text("9 are left.")).to_be_visible()
