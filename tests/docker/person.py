"""Somebody who uses the installation through its proxy, in a browser."""

import re
from uuid import UUID

from playwright.sync_api import Browser, Page, expect

from tests.docker.deployment import PLANTED
from tests.docker.network import wait_until_calm
from tests.support.browser import REPLY_WITHIN, Reply, Tab

PASSWORD = f"{PLANTED} a calm place"
RECOVERED_WITHIN = 90_000  # ms until what was killed is there again, and written on


class Person:
    """Keeps one browser profile: who has signed up once stays signed in."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.context = browser.new_context(
            base_url=address, ignore_https_errors=True, service_workers="block"
        )
        self.context.set_default_timeout(REPLY_WITHIN)
        self._failures: list[str] = []
        self.context.on(
            "requestfailed", lambda request: self._failures.append(f"{request.url}: {request.failure}")
        )

    def sign_up(self, name: str = "person") -> Tab:
        wait_until_calm()
        page = self.context.new_page()
        page.goto("/accounts/signup/")
        page.get_by_label("Email").fill(f"{PLANTED}-{name}@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Create account").click()
        return self._entered(page)

    def sign_in(self) -> Tab:
        wait_until_calm()
        page = self.context.new_page()
        page.goto("/accounts/login/")
        page.get_by_label("Email").fill(f"{PLANTED}-person@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        return self._entered(page)

    def open(self, path: str) -> Tab:
        page = self.context.new_page()
        page.goto(path)
        return Tab(page)

    def _entered(self, page: Page) -> Tab:
        try:
            expect(page.locator("#composer-text")).to_be_visible(timeout=RECOVERED_WITHIN)
        except AssertionError as error:
            shown = f"{page.url} shows: {page.inner_text('body')}"
            raise AssertionError("\n".join([shown, *self._failures])) from error
        page.wait_for_load_state()  # its scripts may be on their way yet
        return Tab(page)

    def cookies(self) -> str:
        return "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in self.context.cookies())

    def session(self) -> str:
        return next(cookie["value"] for cookie in self.context.cookies() if "session" in cookie["name"])


def reply_in(tab: Tab, message_id: UUID) -> Reply:
    return Reply(tab.page, message_id)


def words(reply: Reply) -> list[str]:
    return re.findall(r"\S+", reply.text)
