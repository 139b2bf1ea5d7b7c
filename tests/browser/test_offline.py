"""What stands where a page cannot be loaded: our own words, and a way back."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser import Person, Tab
from tests.support.product import Account, Product
from tests.support.product import product as running_product

pytestmark = [pytest.mark.browser, pytest.mark.embedded_only]

AWAY = "No connection to Colloquy"
KEPT = """
async () => {
  const [name] = await caches.keys();
  const kept = await (await caches.open(name)).keys();
  return kept.map(({ url }) => new URL(url).pathname);
}
"""
READY = """
async (look) => {
  for (;;) {
    const { active } = await navigator.serviceWorker.ready;
    const names = await caches.keys();
    const isOurs = [active.scriptURL, ...names].every((name) => name.includes(`?${look}`));
    if (active.state === "activated" && names.length === 1 && isOurs) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
"""  # the worker of this look has its page, and there is no other
GONE = """
async () => {
  while ((await navigator.serviceWorker.getRegistrations()).length > 0) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
"""


@pytest.fixture
def visitor(people: Callable[..., Person], product: Product, accounts: Iterator[Account]) -> Person:
    return visiting(people, product, next(accounts))


def visiting(people: Callable[..., Person], product: Product, account: Account, **options: object) -> Person:
    person = people(product, account, service_workers="allow", **options)
    person.forgiven = re.compile(r"net::ERR_|WebSocket connection|\[object Event\]")
    return person


def prepared(person: Person, look: str = "en-") -> Tab:
    """A page whose browser is ready to be without a connection."""
    tab = person.open()
    tab.page.evaluate(READY, look)
    return tab


def leave(tab: Tab, context: BrowserContext) -> None:
    context.set_offline(True)
    tab.page.goto("/archive/")


def expect_face(page: Page, heading: str = AWAY) -> None:
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.locator(".page-brand")).to_be_visible()
    button = page.locator(".button-primary")
    expect(button).to_have_css("border-radius", "10px")  # its style is there, too


def test_a_page_that_cannot_be_loaded_says_so_and_comes_back_by_itself(visitor: Person) -> None:
    tab = prepared(visitor)

    leave(tab, visitor.context)
    expect_face(tab.page)
    visitor.context.set_offline(False)

    expect(tab.page.get_by_role("heading", name="Archive")).to_be_visible()


def test_somebody_tries_again(visitor: Person) -> None:
    tab = prepared(visitor)
    tab.page.route("**/worker.js", lambda route: route.abort())  # nothing happens by itself
    leave(tab, visitor.context)
    tab.page.evaluate("window.isOld = true")

    tab.page.get_by_role("link", name="Try again").click()
    tab.page.wait_for_function("!window.isOld")
    expect_face(tab.page)
    visitor.context.set_offline(False)
    tab.page.get_by_role("link", name="Try again").click()

    expect(tab.page.get_by_role("heading", name="Archive")).to_be_visible()


def test_it_speaks_and_looks_as_its_reader_likes(visitor: Person) -> None:
    tab = prepared(visitor)
    tab.page.goto("/settings/appearance/")
    tab.page.locator("[name=theme][value=dark]").check()
    tab.page.get_by_role("button", name="Save").click()
    tab.page.goto("/settings/language/")
    tab.page.get_by_label("Language").select_option("de")
    tab.page.get_by_role("button", name="Save").click()
    tab.page.goto("/")
    tab.page.evaluate(READY, "de-dark")

    leave(tab, visitor.context)

    expect_face(tab.page, "Keine Verbindung zu Colloquy")
    expect(tab.page.locator("html[lang=de][data-theme=dark]")).to_be_attached()


def test_nothing_that_people_wrote_is_kept(visitor: Person) -> None:
    tab = prepared(visitor)
    tab.send("/long 3").expect_status("complete")
    tab.page.reload()

    kept = tab.page.evaluate(KEPT)

    assert [path for path in kept if not path.startswith("/static/")] == ["/offline/"]


def test_a_page_is_no_different_when_it_is_watched_over(visitor: Person) -> None:
    tab = prepared(visitor)
    tab.page.reload()
    assert tab.page.evaluate("navigator.serviceWorker.controller !== null")

    tab.send("/long 3").expect_status("complete")
    tab.page.reload()
    expect(tab.messages).to_have_count(2)
    tab.page.locator(".account").click()
    tab.page.get_by_role("button", name="Sign out").click()

    expect(tab.page).to_have_url(re.compile("/accounts/login/"))


def test_a_server_that_is_down_is_told_likewise(people: Callable[..., Person]) -> None:
    with running_product() as fragile:
        [account] = fragile.accounts(1)
        visitor = visiting(people, fragile, account)
        tab = prepared(visitor)
        fragile.kill()
        tab.page.goto("/archive/")
        expect_face(tab.page)

        fragile.restart()

        expect(tab.page.get_by_role("heading", name="Archive")).to_be_visible()


def test_a_worker_whose_page_is_gone_makes_way(visitor: Person) -> None:
    tab = prepared(visitor)
    tab.page.evaluate("async () => { for (const name of await caches.keys()) await caches.delete(name); }")
    beside = visitor.open()
    visitor.context.set_offline(True)

    with pytest.raises(Exception, match="ERR_"):
        tab.page.goto("/archive/")

    beside.page.wait_for_function(
        "async () => (await navigator.serviceWorker.getRegistrations()).length === 0"
    )
