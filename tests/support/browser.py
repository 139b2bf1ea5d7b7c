"""People with browsers: each has a context of their own, and every page reports what it complained about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    expect,
    sync_playwright,
)

from tests.support.product import Account, Product
from tests.support.profile import chromium

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WITHIN = 20_000  # ms for what should happen at once: the machine may be busy
REPLY_WITHIN = 45_000  # ms for a whole reply at the pace of a reader
KEPT_OUT = "Service Worker registration blocked"  # what a browser says that was told to have none
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy violated: ${event.violatedDirective} by ${event.blockedURI || event.sourceFile}`);
});
"""
RECORD = """
(id) => {
  window.recorded = [];
  const record = () => {
    const body = document.getElementById(`message-${id}-body`);
    if (!body) return;
    const blocks = body.querySelector(".blocks").innerHTML;
    const [lastBlocks, lastShown] = window.recorded.at(-1) ?? [];
    if (blocks === lastBlocks && body.textContent === lastShown) return;
    window.recorded.push([blocks, body.textContent]);
  };
  record();
  const changes = { childList: true, subtree: true, characterData: true };
  new MutationObserver(record).observe(document.getElementById("messages"), changes);
}
"""


@contextmanager
def running_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


class Person:
    """One browser profile; `complaints` gathers console errors, uncaught errors and policy violations.

    Nothing stands between its pages and the server, so that tests can: not without `service_workers="allow"`.
    """

    def __init__(self, browser: Browser, product: Product, account: Account | None, **options: Any) -> None:
        self.complaints: list[str] = []
        self.forgiven = re.compile(r"(?!)")  # complaints that a test brings about on purpose; none
        self.product = product
        self.account = account
        self.context: BrowserContext = browser.new_context(
            base_url=product.base_url, **{"service_workers": "block", **options}
        )
        self.context.set_default_timeout(WITHIN)
        self.context.add_init_script(REPORT_VIOLATIONS)
        self.context.on("page", self._listen)
        if account:
            self.context.add_cookies(
                [{"name": "sessionid", "value": account.session, "url": product.base_url}]
            )

    def open(self, path: str = "/") -> Tab:
        page = self.context.new_page()
        page.goto(path)
        return Tab(page)

    def source(self, conversation: str, message_id: UUID) -> str:
        """What the server has stored of a message."""
        response = self.context.request.get(f"{conversation}source/{message_id}/")
        assert response.ok, response.status
        return response.text()

    def close(self) -> None:
        for page in self.context.pages:
            # Whatever is still under way to our ears arrives first, on its way to another address or not.
            expect(page.locator("html")).to_be_attached(timeout=WITHIN)
        self.context.close()

    def _listen(self, page: Page) -> None:
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._complain(f"uncaught: {error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(KEPT_OUT):
            self._complain(f"{message.type}: {message.text} ({message.location.get('url')})")

    def _complain(self, complaint: str) -> None:
        if not self.forgiven.search(complaint):
            self.complaints.append(complaint)


class Tab:
    """One page of the chat, as a person sees and uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.composer = page.locator("#composer-text")
        self.messages = page.locator("#messages > .message")
        self.replies = page.locator("#messages > .message-assistant")
        self.titles = page.locator("#conversations .conversation-title")

    @property
    def path(self) -> str:
        return re.sub(r"^https?://[^/]+", "", self.page.url)

    def send(self, text: str) -> Reply:
        """Type and press Enter; the reply to it."""
        self.front()
        known = self.replies.count()
        self.composer.fill(text)
        self.composer.press("Enter")
        expect(self.replies).to_have_count(known + 1)
        return self.reply()

    def reply(self) -> Reply:
        """The newest reply that is shown."""
        return Reply(self.page, UUID((self.replies.last.get_attribute("id") or "").removeprefix("message-")))

    def front(self) -> None:
        """Come to the front, as before any use of the mouse: a hidden tab is drawn once a second."""
        self.page.bring_to_front()

    def menu(self, title: str, item: str) -> None:
        """Choose from the menu of a conversation in the list."""
        self.front()
        entry = self.page.locator("#conversations > .conversation", has_text=title)
        entry.hover()
        entry.locator(".conversation-more").click()
        entry.locator(".menu-item", has_text=item).click()


class Reply:
    """One reply in one tab, found by its id: a reload or a redraw does not lose it."""

    def __init__(self, page: Page, message_id: UUID) -> None:
        self.page = page
        self.id = message_id
        self.entry: Locator = page.locator(f"#message-{message_id}")
        self.body: Locator = page.locator(f"#message-{message_id}-body")
        self.problem: Locator = self.entry.locator(".problem-text")

    @property
    def text(self) -> str:
        return self.body.text_content() or ""

    @property
    def html(self) -> str:
        return self.body.inner_html()

    def button(self, name: str) -> Locator:
        return self.entry.get_by_role("button", name=name, exact=True)

    def press(self, button: str) -> None:
        self.page.bring_to_front()
        self.button(button).click()

    def expect_status(self, status: str, *, timeout: float = REPLY_WITHIN) -> None:
        expect(self.entry).to_have_attribute("data-status", status, timeout=timeout)

    def expect_words(self, count: int = 1) -> None:
        """Wait until so many words are shown."""
        expect(self.body).to_have_text(re.compile(rf"(\S+\s+){{{count}}}"), timeout=REPLY_WITHIN)

    @contextmanager
    def redrawn(self) -> Iterator[None]:
        """Wait until what is done in the block has put another element in this one's place."""
        self.entry.evaluate("(entry) => { entry.dataset.old = ''; }")
        yield
        expect(self.page.locator(f"#message-{self.id}:not([data-old])")).to_be_attached(timeout=WITHIN)

    def record(self) -> None:
        """Keep, from now on, every state that this tab shows of the reply."""
        self.page.evaluate(RECORD, str(self.id))

    def recorded(self) -> list[tuple[str, str]]:
        """The closed blocks as HTML, and the text with the open one's: one pair for each change."""
        return [(blocks, text) for blocks, text in self.page.evaluate("window.recorded")]
