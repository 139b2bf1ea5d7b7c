from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser import Person
from tests.support.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.embedded_only]

PAGES = ("/api/v1/docs/", "/api/v1/docs/socket/")
PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize("path", PAGES)
def test_long_lines_can_be_wrapped_and_stay_so(
    path: str, people: Callable[..., Person], product: Product
) -> None:
    page = people(product).open(path).page
    page.locator("[data-wrap]").first.click()
    expect(page.locator('[data-wrap][aria-pressed="false"]')).to_have_count(0)
    expect(page.locator("figure.code pre").first).to_have_css("white-space", "pre-wrap")

    page.reload()
    expect(page.locator('[data-wrap][aria-pressed="false"]')).to_have_count(0)


@pytest.mark.parametrize("path", PAGES)
def test_on_a_phone_the_contents_are_in_a_drawer_that_closes(
    path: str, people: Callable[..., Person], product: Product
) -> None:
    page = people(product).open(path).page
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]

    page.get_by_role("button", name="Contents").click()
    page.get_by_role("link", name="Shapes").click()

    expect(page.locator("#contents")).to_be_hidden()
    expect(page.get_by_role("heading", name="Shapes")).to_be_in_viewport()
