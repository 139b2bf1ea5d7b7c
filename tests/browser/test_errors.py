"""Pages that say what went wrong, and the way back from them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe_states import broken, stale_form
from tests.support.browser import Person

pytestmark = [pytest.mark.browser, pytest.mark.embedded_only]

BACK = "To your conversations"


def test_what_is_not_there_leads_back(owner: Person) -> None:
    owner.forgiven = re.compile("status of 404")
    page = owner.open("/c/00000000-0000-0000-0000-000000000000/").page
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()

    page.get_by_role("link", name=BACK).click()

    expect(page.locator("#composer-text")).to_be_visible()


def test_a_form_that_is_out_of_date_is_told_so(owner: Person) -> None:
    owner.forgiven = re.compile("status of 403")

    page = stale_form(owner)

    expect(page.locator(".page-brand")).to_be_visible()
    page.get_by_role("link", name=BACK).click()
    expect(page.locator("#composer-text")).to_be_visible()


@pytest.mark.parametrize(
    ("template", "heading"),
    [
        ("429.html", "Too many tries"),
        ("500.html", "Something broke on our side"),
        ("503.html", "Back in a moment"),
    ],
)
def test_what_breaks_is_told_in_words(owner: Person, template: str, heading: str) -> None:
    page = broken(template)(owner)

    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    page.get_by_role("link", name=BACK).click()

    expect(page.locator("#composer-text")).to_be_visible()
