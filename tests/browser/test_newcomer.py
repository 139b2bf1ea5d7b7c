"""The first visit, from an empty database, through the real server process."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from apps.llm import demo_answers
from tests.support.browser import Person, Tab
from tests.support.product import Product, product, words_of

pytestmark = pytest.mark.browser

EMAIL = "newcomer@example.org"


@pytest.fixture(scope="module")
def fresh_product() -> Iterator[Product]:
    with product() as running:
        yield running


def sign_up(person: Person) -> Tab:
    tab = person.open("/")
    tab.page.get_by_role("link", name="Create an account").click()
    expect(tab.page.get_by_text("it becomes the administrator")).to_be_visible()
    tab.page.get_by_label("Email").fill(EMAIL)
    tab.page.get_by_label("Password").fill("a calm place to talk")
    tab.page.get_by_role("button", name="Create account").click()
    expect(tab.composer).to_be_focused()
    return tab


def test_newcomer_signs_up_says_hello_and_loses_nothing_to_a_reload(
    fresh_product: Product, people: Callable[..., Person]
) -> None:
    person = people(fresh_product)
    tab = sign_up(person)
    expect(tab.page.get_by_text("Replies come from the built-in demo model")).to_be_visible()

    reply = tab.send("hello")
    reply.record()
    reply.expect_status("complete")

    assert len(reply.recorded()) > 10
    for selector in ("h1", "h2", "ol > li", "table td", "figure pre code", "math"):
        expect(reply.body.locator(selector).first).to_be_visible()
    assert person.source(tab.path, reply.id) == demo_answers.GREETING_ANSWER
    expect(tab.titles).to_have_text([demo_answers.title("hello")])

    long_reply = tab.send("/long 400")
    long_reply.expect_words(120)
    before = long_reply.text
    tab.page.reload()
    assert words_of(long_reply.text).startswith(words_of(before))
    long_reply.expect_status("streaming")
    long_reply.record()
    long_reply.expect_status("complete")

    written = demo_answers.long(400)
    assert all(words_of(written).startswith(words_of(shown)) for _, shown in long_reply.recorded())
    assert person.source(tab.path, long_reply.id) == written
    assert words_of(long_reply.text) == words_of(written)

    person.open("/admin/").page.wait_for_url("**/admin/")
    expect(person.context.pages[-1].get_by_role("link", name="Conversations").first).to_be_visible()


def test_second_account_is_no_administrator(fresh_product: Product, people: Callable[..., Person]) -> None:
    second = people(fresh_product)
    second.forgiven = re.compile("status of 403")
    page = second.open("/accounts/signup/").page

    expect(page.get_by_text("it becomes the administrator")).to_have_count(0)
    page.get_by_label("Email").fill("second@example.org")
    page.get_by_label("Password").fill("another calm place")
    page.get_by_role("button", name="Create account").click()
    expect(page.locator("#composer-text")).to_be_visible()
    page.goto("/admin/")
    expect(page).to_have_url(re.compile("/admin/login/"))
