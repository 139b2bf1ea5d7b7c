"""Coming in, going out, and what administrators see."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Person
from tests.support.product import PASSWORD, Account, Product

pytestmark = pytest.mark.browser

SIGN_IN = re.compile("/accounts/login/")
NEW_PASSWORD = "a still calmer place"


def sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_sign_out_in_one_tab_ends_the_other(owner: Person) -> None:
    tab, other = owner.open(), owner.open()
    other.send("/long 3").expect_status("complete")

    tab.front()
    tab.page.locator(".account").click()
    tab.page.get_by_role("button", name="Sign out").click()

    expect(tab.page).to_have_url(SIGN_IN)
    expect(other.page).to_have_url(SIGN_IN)


def test_wrong_password_is_told_in_words_and_the_right_one_lets_in(
    people: Callable[..., Person], product: Product, accounts: Iterator[Account]
) -> None:
    account = next(accounts)
    page = people(product).open("/").page
    expect(page).to_have_url(SIGN_IN)

    sign_in(page, account.email, "not my password")
    expect(page.get_by_text("not correct")).to_be_visible()
    sign_in(page, account.email, PASSWORD)

    expect(page.locator("#composer-text")).to_be_visible()


def test_mailed_link_sets_a_new_password_and_ends_every_session(
    owner: Person, people: Callable[..., Person]
) -> None:
    assert owner.account
    inside = owner.open()
    page = people(owner.product).open("/accounts/password/reset/").page
    page.get_by_label("Email").fill(owner.account.email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()

    page.goto(owner.product.wait_for_line(r"http://\S+/accounts/password/reset/key/\S+").group())
    page.get_by_label("New Password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("New Password (again)").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()

    expect(inside.page).to_have_url(SIGN_IN)
    page.goto("/accounts/login/")
    sign_in(page, owner.account.email, NEW_PASSWORD)
    expect(page.locator("#composer-text")).to_be_visible()


def test_no_one_else_reaches_the_administration(owner: Person) -> None:
    owner.forgiven = re.compile("status of 403")
    page = owner.open("/admin/chat/conversation/").page

    expect(page).to_have_url(re.compile("/admin/login/"))
    expect(page.get_by_text("not open to your account")).to_be_visible()
