"""Pages, each in a state of its own, and the way there. A new state is one more line."""

from collections.abc import Callable
from dataclasses import dataclass

from django.template.loader import render_to_string
from playwright.sync_api import Page, expect

from tests.browser.test_accounts import sign_in
from tests.browser.test_second_factors import SECURITY, add_passkey, prove, with_authenticator
from tests.browser.test_tokens import TOKENS, begin_token, make_token
from tests.support.axe import PHONE
from tests.support.browser import Person, Tab
from tests.support.product import PASSWORD

Arrive = Callable[[Person], Page]


def at(path: str) -> Arrive:
    return lambda person: person.open(path).page


def broken(template: str) -> Arrive:
    """A page of an error that cannot be brought about from outside."""

    def arrive(person: Person) -> Page:
        body = render_to_string(template, {"again_after": None})
        page = person.open("/accounts/login/").page
        page.route("**/broken", lambda route: route.fulfill(body=body, content_type="text/html"))
        page.goto("/broken")
        return page

    return arrive


def refused_form(person: Person) -> Page:
    page = person.open("/accounts/login/").page
    sign_in(page, "nobody@example.org", "wrong")
    expect(page.locator(".errorlist")).to_be_visible()
    return page


def refused_setting(person: Person) -> Page:
    page = person.open("/settings/appearance/").page
    page.locator("[name=theme]").first.evaluate(
        "(radio) => { radio.value = 'purple'; radio.checked = true; }"
    )
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".errorlist")).to_be_visible()
    return page


def saved_setting(person: Person) -> Page:
    page = person.open("/settings/writing/").page
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    return page


def section_list(person: Person) -> Page:
    page = person.open("/settings/profile/").page
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_role("link", name="Appearance")).to_be_visible()
    return page


def chosen_theme(theme: str) -> Arrive:
    def arrive(person: Person) -> Page:
        page = person.open("/settings/appearance/").page
        page.locator(f"[name=theme][value={theme}]").check()
        page.get_by_role("button", name="Save").click()
        expect(page.locator(f"html[data-theme={theme}]")).to_be_visible()
        return page

    return arrive


def proving(path: str) -> Arrive:
    def arrive(person: Person) -> Page:
        page = person.open(path).page
        prove(page)
        expect(page.locator("main.settings-main")).to_be_visible()
        return page

    return arrive


def recovery_codes(person: Person) -> Page:
    page = with_authenticator(person.open().page)
    add_passkey(page, "This laptop")
    return page


def passkey_list(person: Person) -> Page:
    page = recovery_codes(person)
    page.goto(SECURITY)
    return page


def second_step(person: Person) -> Page:
    assert person.account
    page = recovery_codes(person)
    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, person.account.email, PASSWORD)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    return page


def made_token(person: Person) -> Page:
    page = begin_token(person)
    make_token(page, "My laptop")
    return page


def refused_token(person: Person) -> Page:
    page = begin_token(person)
    page.get_by_label("Name").fill("\u200b")
    page.get_by_role("button", name="Create token").click()
    expect(page.locator(".errorlist")).to_be_visible()
    return page


def token_list(person: Person) -> Page:
    page = made_token(person)
    page.goto("/settings/tokens/new/")
    page.get_by_label("Read, write and delete").check()
    make_token(page, "The build server behind the garage, which writes a report every night")
    page.get_by_role("link", name="Done").click()
    expect(page.locator(".row")).to_have_count(2)
    return page


def doubted_token(person: Person) -> Page:
    page = made_token(person)
    page.goto(TOKENS)
    page.get_by_role("link", name="Revoke My laptop").click()
    expect(page.get_by_role("button", name="Revoke")).to_be_visible()
    return page


def stale_form(person: Person) -> Page:
    page = person.open("/accounts/logout/").page
    page.locator("[name=csrfmiddlewaretoken]").evaluate_all(
        "(tokens) => tokens.forEach((token) => token.remove())"
    )
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("This page is out of date")).to_be_visible()
    return page


def answered(person: Person, *questions: tuple[str, str]) -> Tab:
    tab = person.open()
    for text, status in questions or [("How does a suspension bridge carry its load?", "complete")]:
        tab.send(text).expect_status(status)
    return tab


def every_ending(person: Person) -> Page:
    tab = answered(
        person,
        ("How does a suspension bridge carry its load?", "complete"),
        ("/error rate_limited 0", "failed"),
        ("/error unavailable 12", "interrupted"),
    )
    reply = tab.send("/slow 1")
    reply.expect_words(1)
    reply.press("Stop")
    reply.expect_status("stopped")
    return tab.page


def running(person: Person) -> Page:
    tab = person.open()
    tab.send("/silent").expect_status("streaming")
    return tab.page


def open_edit(person: Person) -> Page:
    page = answered(person, ("/long 3", "complete")).page
    question = page.locator("#messages > .message-user").first
    question.hover()
    question.get_by_role("button", name="Edit").click()
    expect(question.get_by_role("textbox")).to_be_visible()
    return page


def account_menu(person: Person) -> Page:
    page = person.open().page
    page.locator(".account").click()
    expect(page.get_by_role("link", name="Settings")).to_be_visible()
    return page


def conversation_menu(person: Person) -> Page:
    page = answered(person, ("/long 3", "complete")).page
    page.locator("#conversations > .conversation").first.hover()
    page.locator(".conversation-more").first.click()
    expect(page.locator(".conversation .menu:popover-open")).to_be_visible()
    return page


def drawer(person: Person) -> Page:
    page = answered(person, ("/long 3", "complete")).page
    page.set_viewport_size(PHONE)
    page.locator(".header-menu").click()
    expect(page.locator("#sidebar:popover-open")).to_be_visible()
    return page


def filed(*filing: str) -> Arrive:
    """A list in which each of these was done to a conversation, the last a moment ago."""

    def arrive(person: Person) -> Page:
        tab = person.open()
        for name in filing:
            tab.page.goto("/")
            tab.send("/long 3").expect_status("complete")
            tab.page.goto("/")
            tab.menu("Long 3", name)
        expect(tab.page.locator(".toast, .group")).not_to_have_count(0)
        return tab.page

    return arrive


def archived(person: Person) -> Page:
    page = filed("Archive")(person)
    page.goto("/archive/")
    expect(page.locator(".archived")).to_have_count(1)
    return page


def found(words: str) -> Arrive:
    def arrive(person: Person) -> Page:
        page = answered(person, ("/long 3", "complete")).page
        page.get_by_label("Search titles").fill(words)
        expect(page.locator("#found > li")).to_have_count(1)
        return page

    return arrive


def palette(person: Person) -> Page:
    page = answered(person, ("/long 3", "complete")).page
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option", name="Pin")).to_be_visible()
    return page


def shortcuts(person: Person) -> Page:
    page = person.open().page
    page.keyboard.press("Control+/")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    return page


@dataclass(frozen=True)
class State:
    arrive: Arrive
    inside: bool = True
    forgiven: str = r"(?!)"  # complaints that belong to it


STATES = {
    "sign in": State(at("/accounts/login/"), inside=False),
    "sign in, refused": State(refused_form, inside=False),
    "sign up": State(at("/accounts/signup/"), inside=False),
    "reset": State(at("/accounts/password/reset/"), inside=False),
    "reset, sent": State(at("/accounts/password/reset/done/"), inside=False),
    "reset, old link": State(at("/accounts/password/reset/key/1-x/"), inside=False),
    "second step": State(second_step),
    "sign out": State(at("/accounts/logout/")),
    "prove": State(at("/accounts/reauthenticate/")),
    "reference": State(at("/api/v1/docs/"), inside=False),
    "reference of the socket": State(at("/api/v1/docs/socket/"), inside=False),
    "profile": State(at("/settings/profile/")),
    "appearance": State(at("/settings/appearance/")),
    "appearance, refused": State(refused_setting, forgiven="status of 422"),
    "appearance, dark": State(chosen_theme("dark")),
    "appearance, light": State(chosen_theme("light")),
    "language": State(at("/settings/language/")),
    "instructions": State(at("/settings/instructions/")),
    "writing, saved": State(saved_setting),
    "notifications": State(at("/settings/notifications/")),
    "sections on a phone": State(section_list),
    "email": State(at("/accounts/email/")),
    "password": State(at("/accounts/password/change/")),
    "security": State(at(SECURITY)),
    "security, with a passkey": State(passkey_list),
    "recovery codes": State(recovery_codes),
    "add a passkey": State(proving("/accounts/2fa/webauthn/add/")),
    "authenticator app": State(proving("/accounts/2fa/totp/activate/")),
    "devices": State(at("/settings/devices/")),
    "tokens, none": State(at(TOKENS)),
    "tokens": State(token_list),
    "token, new": State(begin_token),
    "token, refused": State(refused_token, forgiven="status of 422"),
    "token, made": State(made_token),
    "token, to be revoked": State(doubted_token),
    "who read what, empty": State(at("/settings/readings/")),
    "delete account": State(proving("/settings/delete/")),
    "403": State(at("/admin/login/?next=/admin/"), forgiven="status of 403"),
    "403, form": State(stale_form, forgiven="status of 403"),
    "404": State(at("/no-such-page"), forgiven="status of 404"),
    "429": State(broken("429.html"), inside=False),
    "500": State(broken("500.html"), inside=False),
    "503": State(broken("503.html"), inside=False),
    "offline": State(at("/offline/"), inside=False),
    "empty chat": State(at("/")),
    "transcript": State(every_ending),
    "running": State(running),
    "edit": State(open_edit),
    "account menu": State(account_menu),
    "conversation menu": State(conversation_menu),
    "drawer": State(drawer),
    "pinned": State(filed("Pin")),
    "undo": State(filed("Archive", "Delete")),
    "archive": State(archived),
    "archive, empty": State(at("/archive/")),
    "found": State(found("long")),
    "nothing found": State(found("nowhere")),
    "palette": State(palette),
    "shortcuts": State(shortcuts),
}
