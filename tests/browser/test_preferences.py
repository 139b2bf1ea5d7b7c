"""What somebody chooses in the settings, and where that shows."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accounts import sign_in
from tests.support.browser import Person
from tests.support.openai_server import OpenAIServer
from tests.support.product import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.embedded_only]

NEW_PASSWORD = "a still calmer place"
OTHER_ADDRESS = "other@example.org"


def save(page: Page) -> None:
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice")).to_be_visible()


def test_a_name_stands_for_the_address_in_the_list(owner: Person) -> None:
    page = owner.open("/settings/profile/").page

    page.get_by_label("Name").fill("Ada Lovelace")
    save(page)
    page.goto("/")

    expect(page.locator(".account")).to_have_text("AAda Lovelace")


def test_a_chosen_language_is_spoken_on_every_page(owner: Person) -> None:
    page = owner.open("/settings/language/").page

    page.get_by_label("Language").select_option("de")
    save(page)

    expect(page.get_by_role("heading", name="Sprache")).to_be_visible()
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("textbox", name="Nachricht")).to_be_visible()


def test_instructions_of_a_person_are_told_to_the_model(
    model_owner: Person, model_server: OpenAIServer
) -> None:
    page = model_owner.open("/settings/instructions/").page
    page.get_by_label("What should every model know or heed?").fill("Answer in rhymes.")
    save(page)

    model_owner.open().send("What is a bridge?").expect_status("complete")

    told = next(
        call.turns for call in model_server.requests if call.turns[-1]["content"] == "What is a bridge?"
    )
    assert "Answer in rhymes." in told[0]["content"]


def test_a_changed_password_is_the_one_that_lets_in(owner: Person, people: Callable[..., Person]) -> None:
    assert owner.account
    page = owner.open("/accounts/password/change/").page
    page.get_by_label("Current Password").fill(PASSWORD)
    page.get_by_label("New Password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("New Password (again)").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.locator(".notice")).to_be_visible()

    elsewhere = people(owner.product).open("/accounts/login/")
    sign_in(elsewhere.page, owner.account.email, PASSWORD)
    expect(elsewhere.page.locator(".errorlist")).to_be_visible()
    sign_in(elsewhere.page, owner.account.email, NEW_PASSWORD)

    expect(elsewhere.composer).to_be_visible()


def test_another_address_is_added_and_taken_away(owner: Person) -> None:
    page = owner.open("/accounts/email/").page
    page.get_by_label("Email", exact=True).fill(OTHER_ADDRESS)
    page.get_by_role("button", name="Add").click()
    other = page.get_by_role("radio", name=OTHER_ADDRESS)
    expect(other).to_be_visible()

    other.check()
    page.get_by_role("button", name="Remove").click()

    expect(other).to_have_count(0)
