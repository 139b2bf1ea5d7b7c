"""The sidebar folded away, as a drawer, and what a tab in the background says."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import REPLY_WITHIN, Person

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
TURN = """
(state) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => state === "hidden" });
  document.dispatchEvent(new Event("visibilitychange"));
}
"""
NOTIFICATIONS = """
window.Notification = class extends EventTarget {
  static permission = "granted";
  static requestPermission = async () => "granted";
  constructor(title, { body }) { super(); document.body.dataset.told = `${title}: ${body}`; }
};
"""


def icon(page: Page) -> str:
    return page.locator("link[rel='icon']").get_attribute("href") or ""


class TestFolding:
    def test_it_is_remembered_and_undone(self, owner: Person) -> None:
        page = owner.open().page
        page.get_by_role("button", name="Hide the sidebar").click()
        expect(page.locator("#sidebar")).to_be_hidden()
        expect(page.locator(".header-menu")).to_be_focused()

        page.reload()
        expect(page.locator("#sidebar")).to_be_hidden()
        page.locator(".header-menu").click()

        expect(page.locator("#sidebar")).to_be_visible()
        expect(page.get_by_role("button", name="Hide the sidebar")).to_be_focused()

    def test_a_key_folds_it_and_brings_it_back(self, owner: Person) -> None:
        page = owner.open().page
        page.locator("#messages").focus()
        for is_there in (False, True):
            page.keyboard.press("s")
            expect(page.locator("#sidebar")).to_be_visible(visible=is_there)


class TestDrawer:
    @pytest.fixture
    def phone(self, people: Callable[..., Person], owner: Person) -> Page:
        return people(owner.product, owner.account, **PHONE).open().page

    def test_behind_it_there_is_nothing_until_it_is_closed(self, phone: Page) -> None:
        phone.locator(".header-menu").click()
        expect(phone.get_by_role("button", name="Close")).to_be_focused()
        assert phone.locator("#main").evaluate("(main) => main.inert")

        phone.keyboard.press("Escape")

        expect(phone.locator("#sidebar")).to_be_hidden()
        expect(phone.locator(".header-menu")).to_be_focused()
        assert not phone.locator("#main").evaluate("(main) => main.inert")

    def test_a_deletion_can_be_taken_back_above_it(self, phone: Page) -> None:
        phone.locator("#composer-text").fill("/long 3")
        phone.locator("#composer-send").click()
        expect(phone.locator("#messages > .is-complete.message-assistant")).to_have_count(
            1, timeout=REPLY_WITHIN
        )
        phone.goto("/")
        phone.locator(".header-menu").click()
        phone.locator(".conversation-more").click()
        phone.locator(".menu-item", has_text="Delete").click()

        phone.get_by_role("button", name="Undo").click()

        expect(phone.locator("#conversations .conversation-title")).to_have_text(["Long 3"])

    def test_escape_empties_the_search_before_it_closes(self, phone: Page) -> None:
        phone.locator(".header-menu").click()
        phone.get_by_label("Search titles").fill("one")
        phone.keyboard.press("Escape")
        expect(phone.get_by_label("Search titles")).to_have_value("")
        expect(phone.locator("#sidebar")).to_be_visible()


class TestBackground:
    def test_a_tab_says_that_its_answer_is_being_written_and_ready(self, owner: Person) -> None:
        tab = owner.open()
        calm = icon(tab.page)
        reply = tab.send("/slow 0.3 /long 4")
        expect(tab.page.locator("link[rel='icon']")).to_have_attribute("href", re.compile("running"))
        tab.page.evaluate(TURN, "hidden")
        reply.expect_status("complete")

        expect(tab.page).to_have_title(re.compile("^Answer ready – .* · Colloquy$"))
        expect(tab.page.locator("link[rel='icon']")).to_have_attribute("href", re.compile("ready"))
        tab.page.evaluate(TURN, "visible")

        expect(tab.page).to_have_title(re.compile("^(?!Answer ready)"))
        assert icon(tab.page).endswith(calm)

    @pytest.mark.parametrize("wanted", [True, False])
    def test_a_notification_comes_to_those_who_want_it(self, owner: Person, wanted: bool) -> None:
        owner.context.add_init_script(NOTIFICATIONS)
        tab = owner.open("/settings/notifications/")
        if wanted:
            tab.page.locator("input[name='notify']").check()
            tab.page.get_by_role("button", name="Save").click()
            tab.page.wait_for_load_state()
        tab.page.goto("/")
        reply = tab.send("/slow 0.3 /long 4")
        tab.page.evaluate(TURN, "hidden")
        reply.expect_status("complete")
        expect(tab.page.locator(".conversation.is-unread")).to_have_count(1, timeout=REPLY_WITHIN)
        expect(tab.titles).to_have_text(["Slow 0.3 /long 4"])

        told = "Answer ready: Slow 0.3 /long 4" if wanted else None
        if told:
            expect(tab.page.locator("body")).to_have_attribute("data-told", told)
        assert tab.page.locator("body").get_attribute("data-told") == told


def test_another_day_draws_other_headings(owner: Person) -> None:
    owner.context.clock.install()
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    with tab.page.expect_request("**/conversations/"):
        tab.page.clock.fast_forward("25:00:00")

    expect(tab.titles).to_have_text(["Long 3"])
