"""Every way on and back on the pages of the entrance and of security."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe_states import second_step
from tests.browser.test_second_factors import SECURITY, add_passkey, code_of, prove, with_authenticator
from tests.support.browser import Person

pytestmark = [pytest.mark.browser, pytest.mark.embedded_only]

OTHER_ADDRESS = "another@example.org"
CONFIRM = """
from allauth.account.models import EmailAddress
EmailAddress.objects.filter(user__email={email!r}).update(verified=True)
"""
FORGET_PASSWORD = """
from apps.accounts.models import User
user = User.objects.get(email={email!r})
user.set_unusable_password()
user.save()
"""
FORGET_CODES = """
from allauth.mfa.models import Authenticator
Authenticator.objects.filter(user__email={email!r}, type="recovery_codes").delete()
"""


@pytest.mark.parametrize(
    ("path", "name", "heading"),
    [
        ("login/", "Create an account", "Create your account"),
        ("signup/", "Sign in", "Welcome back"),
        ("password/reset/", "Back to sign in", "Welcome back"),
        ("password/reset/done/", "Back to sign in", "Welcome back"),
        ("password/reset/key/1-x/", "Ask for a new one", "Reset your password"),
        ("password/reset/key/done/", "Go on", "Welcome back"),
    ],
)
def test_a_link_of_the_entrance_leads_on(
    owner: Person, people: Callable[..., Person], path: str, name: str, heading: str
) -> None:
    page = people(owner.product).open(f"/accounts/{path}").page

    page.get_by_role("link", name=name).click()

    expect(page.get_by_role("heading", name=heading)).to_be_visible()


def test_an_old_link_to_confirm_an_address_leads_to_the_addresses(owner: Person) -> None:
    page = owner.open("/accounts/confirm-email/of-long-ago/").page

    page.get_by_role("link", name="Ask for a new one").click()

    expect(page.get_by_role("heading", name="Email addresses")).to_be_visible()


def test_the_second_step_leads_back_to_the_first(owner: Person) -> None:
    page = second_step(owner)

    page.get_by_role("button", name="Back to sign in").click()

    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()


@pytest.mark.parametrize("path", ["/accounts/email/", "/accounts/logout/"])
def test_the_first_stop_skips_to_the_content(owner: Person, path: str) -> None:
    page = owner.open(path).page

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("#main$"))


def test_an_authenticator_app_is_switched_off_again(owner: Person) -> None:
    page = owner.open(SECURITY).page
    page.get_by_role("link", name="Set up").click()
    prove(page)
    expect(page.get_by_role("link", name="open it in the app")).to_have_attribute(
        "href", re.compile("^otpauth://totp/")
    )
    page.get_by_label("Authenticator code").fill(code_of(page.locator(".secret").inner_text()))
    page.get_by_role("button", name="Switch on").click()
    page.goto(SECURITY)

    page.get_by_role("link", name="Switch off").click()
    page.get_by_role("button", name="Switch off").click()

    expect(page.get_by_role("link", name="Set up")).to_be_visible()


def secured(owner: Person) -> Page:
    page = with_authenticator(owner.open().page)
    add_passkey(page, "This laptop")
    page.goto(SECURITY)
    return page


def test_recovery_codes_are_shown_again(owner: Person) -> None:
    page = secured(owner)

    page.get_by_role("link", name="Show").click()

    expect(page.locator(".codes li")).to_have_count(10)


def test_whoever_has_no_recovery_codes_makes_some(owner: Person) -> None:
    page = secured(owner)
    shell(owner, FORGET_CODES)
    page.reload()

    page.get_by_role("link", name="Make some").click()
    page.get_by_role("button", name="Make new ones").click()

    expect(page.locator(".codes li")).to_have_count(10)


def test_a_passkey_proves_who_it_is(owner: Person) -> None:
    page = secured(owner)
    page.goto(f"/accounts/reauthenticate/?next={SECURITY}")

    page.locator(".page-buttons").get_by_role("link").first.click()
    page.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_role("heading", name="Sign-in and security")).to_be_visible()


@pytest.mark.parametrize("link", ["Switch off", "Remove This laptop"])
def test_what_secures_an_account_is_kept_after_all(owner: Person, link: str) -> None:
    page = secured(owner)
    if link == "Switch off":
        page.get_by_role("link", name="Set up").click()
        page.get_by_label("Authenticator code").fill(code_of(page.locator(".secret").inner_text()))
        page.get_by_role("button", name="Switch on").click()
        page.goto(SECURITY)

    page.get_by_role("link", name=link).click()
    page.get_by_role("link", name="Keep").click()

    expect(page.get_by_role("link", name=link)).to_be_visible()


def test_whoever_signs_in_by_passkey_alone_sets_a_password(owner: Person) -> None:
    page = secured(owner)
    shell(owner, FORGET_PASSWORD)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("#composer-text")).to_be_visible()
    page.goto(SECURITY)

    page.get_by_role("link", name="Set a password").click()
    page.get_by_label("Password", exact=True).fill("a still calmer place")
    page.get_by_label("Password (again)").fill("a still calmer place")
    page.get_by_role("button", name="Set password").click()

    page.goto(SECURITY)
    expect(page.get_by_role("link", name="Change password")).to_be_visible()


def test_somebody_stays_signed_in_after_all(owner: Person) -> None:
    page = owner.open("/accounts/logout/").page

    page.get_by_role("link", name="Stay").click()

    expect(page.locator("#composer-text")).to_be_visible()


def test_a_letter_that_confirms_an_address_is_sent_again(owner: Person) -> None:
    assert owner.account
    page = owner.open("/accounts/email/").page

    page.get_by_role("radio", name=owner.account.email).check()
    page.get_by_role("button", name="Send verification again").click()

    expect(page.locator(".notice")).to_contain_text(owner.account.email)


def test_another_address_becomes_the_primary_one(owner: Person) -> None:
    page = owner.open("/accounts/email/").page
    page.get_by_label("Email", exact=True).fill(OTHER_ADDRESS)
    page.get_by_role("button", name="Add").click()
    other = page.get_by_role("radio", name=OTHER_ADDRESS)
    expect(other).to_be_visible()
    shell(owner, CONFIRM)
    page.goto("/accounts/email/")

    other.check()
    page.get_by_role("button", name="Make primary").click()

    expect(page.get_by_role("radio", name=f"{OTHER_ADDRESS} Primary")).to_be_visible()


def shell(person: Person, script: str) -> None:
    assert person.account
    script = script.format(email=person.account.email)
    person.product.manage("shell", "--verbosity", "0", "--command", script)
