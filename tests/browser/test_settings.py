"""What people choose for themselves, and what they end elsewhere."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accounts import SIGN_IN, sign_in
from tests.browser.test_second_factors import prove
from tests.support.browser import Person
from tests.support.product import PASSWORD, Account, Product

pytestmark = pytest.mark.browser

BLOCKED = """
Object.defineProperty(Notification, "permission", { value: "denied" });
Notification.requestPermission = async () => "denied";
"""
WILLING = """
window.asked = 0;
let permission = "default";
Object.defineProperty(Notification, "permission", { get: () => permission });
Notification.requestPermission = async () => {
  asked++;
  return permission = "granted";
};
"""
LIGHT, DARK = "rgb(251, 251, 248)", "rgb(21, 25, 26)"


def choose_theme(page: Page, label: str) -> None:
    page.goto("/settings/appearance/")
    page.get_by_label(label).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


@pytest.mark.parametrize(("system", "theme", "shown"), [("dark", "Light", LIGHT), ("light", "Dark", DARK)])
def test_chosen_theme_wins_over_the_systems(
    people: Callable[..., Person],
    product: Product,
    accounts: Iterator[Account],
    *,
    system: str,
    theme: str,
    shown: str,
) -> None:
    page = people(product, next(accounts), color_scheme=system).open().page
    surface = page.locator("html")
    expect(surface).not_to_have_css("background-color", shown)

    choose_theme(page, theme)
    expect(surface).to_have_css("background-color", shown)

    choose_theme(page, "As the system")
    expect(surface).not_to_have_css("background-color", shown)


def test_signing_out_a_device_closes_its_pages(owner: Person, people: Callable[..., Person]) -> None:
    assert owner.account
    elsewhere = people(owner.product).open("/accounts/login/")
    sign_in(elsewhere.page, owner.account.email, PASSWORD)
    expect(elsewhere.composer).to_be_focused()
    elsewhere.send("/long 3").expect_status("complete")

    page = owner.open("/settings/devices/").page
    expect(page.locator(".row")).to_have_count(2)
    expect(page.locator(".row").first).to_contain_text("This device")
    page.get_by_role("button", name="Sign out of").click()

    expect(elsewhere.page).to_have_url(SIGN_IN)
    expect(page.locator(".row")).to_have_count(1)


def test_deleted_account_takes_its_pages_along(owner: Person, people: Callable[..., Person]) -> None:
    assert owner.account
    tab = owner.open()
    tab.send("/silent").expect_status("streaming")
    page = owner.open("/settings/delete/").page
    prove(page)
    page.get_by_label("Type your email address").fill(owner.account.email)
    page.get_by_role("button", name="Delete my account").click()

    expect(page.get_by_text("Your account is deleted")).to_be_visible()
    expect(tab.page).to_have_url(SIGN_IN)
    sign_in(page, owner.account.email, PASSWORD)
    expect(page.get_by_text("not correct")).to_be_visible()


def test_notifications_ask_the_browser_only_when_switched_on(owner: Person) -> None:
    owner.context.add_init_script(WILLING)
    page = owner.open("/settings/notifications/").page
    state = page.locator("#notification-state")
    expect(state).to_contain_text("has not been asked yet")
    assert page.evaluate("asked") == 0

    page.get_by_label("Notify me").check()
    expect(state).to_have_text("This browser may show notifications.")
    assert page.evaluate("asked") == 1
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("Notify me")).to_be_checked()


def test_blocked_notifications_are_explained_and_stay_off(owner: Person) -> None:
    owner.context.add_init_script(BLOCKED)
    page = owner.open("/settings/notifications/").page
    expect(page.locator("#notification-state")).to_contain_text("blocked in this browser")

    page.get_by_label("Notify me").click()

    expect(page.get_by_label("Notify me")).not_to_be_checked()


def test_settings_are_found_from_the_chat_and_lead_back(owner: Person) -> None:
    page = owner.open().page
    page.locator(".account").click()
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Custom instructions").click()
    expect(page.get_by_role("heading", name="Custom instructions")).to_be_visible()
    page.get_by_role("link", name="Back to your conversations").click()

    expect(page.locator("#composer-text")).to_be_visible()
