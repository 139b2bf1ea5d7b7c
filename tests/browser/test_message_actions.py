"""What can be done with one message: by mouse, by keyboard, by plain forms."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import Person, Reply, Tab
from tests.support.line import Line
from tests.support.openai_scripts import END, Script, text
from tests.support.openai_server import OpenAIServer
from tests.support.product import Account, Product
from tests.support.product import product as running_product

pytestmark = [pytest.mark.browser, pytest.mark.embedded_only]

PERMISSIONS = ["clipboard-read", "clipboard-write"]


@pytest.fixture
def answered(owner: Person) -> tuple[Tab, Reply]:
    tab = owner.open()
    reply = tab.send("/long 3")
    reply.expect_status("complete")
    return tab, reply


def choose(tab: Tab, reply: Reply, item: str) -> None:
    reply.press("More")
    tab.page.get_by_text(item, exact=True).and_(tab.page.locator(":visible")).click()


def test_a_verdict_is_shown_in_every_tab_changed_and_taken_back(
    owner: Person, answered: tuple[Tab, Reply]
) -> None:
    tab, reply = answered
    there = Reply(owner.open(tab.path).page, reply.id)

    reply.press("Good answer")
    for each in (reply, there):
        expect(each.button("Good answer")).to_have_attribute("aria-pressed", "true")
    reply.press("Bad answer")
    for each in (reply, there):
        expect(each.button("Bad answer")).to_have_attribute("aria-pressed", "true")
        expect(each.button("Good answer")).to_have_attribute("aria-pressed", "false")
    reply.press("Bad answer")

    for each in (reply, there):
        expect(each.entry.locator("[aria-pressed='true']")).to_have_count(0)


def test_a_verdict_leaves_the_time_as_the_reader_writes_it(owner: Person) -> None:
    line = Line(owner.context)
    tab = owner.open()
    reply = tab.send("/long 3")
    reply.expect_status("complete")
    time = reply.entry.locator("time.created-at")
    told = time.inner_text()
    line.hold()

    reply.press("Good answer")

    expect(reply.button("Good answer")).to_have_attribute("aria-pressed", "true")
    assert time.inner_text() == told


def test_a_note_is_written_in_a_sheet_and_the_keyboard_comes_back(answered: tuple[Tab, Reply]) -> None:
    tab, reply = answered
    reply.press("Bad answer")
    link = reply.entry.get_by_role("link", name="Add a note")
    link.focus()
    link.press("Enter")

    sheet = tab.page.get_by_role("dialog", name="What was wrong with this answer?")
    sheet.get_by_role("textbox").fill("Too short.")
    sheet.get_by_role("button", name="Save").press("Enter")

    expect(sheet).to_be_hidden()
    written = reply.entry.get_by_role("link", name="Your note")
    expect(written).to_be_focused()
    written.press("Enter")
    expect(tab.page.get_by_role("dialog").get_by_role("textbox")).to_have_value("Too short.")
    tab.page.keyboard.press("Escape")
    expect(tab.page.get_by_role("dialog")).to_be_hidden()


def test_details_tell_how_the_answer_was_written(model_owner: Person, model_server: OpenAIServer) -> None:
    model_server.play(Script([text("Hello."), *END]))
    tab = model_owner.open()
    reply = tab.send("Hello?")
    reply.expect_status("complete")

    choose(tab, reply, "Details")

    sheet = tab.page.get_by_role("dialog", name="How this answer was written")
    expect(sheet.locator(".facts")).to_contain_text("scripted-1")
    expect(sheet.locator(".facts")).to_contain_text(re.compile(r"Time to first word\s*\d+\.\d\d s"))
    expect(sheet.locator(".attempts > li")).to_have_count(1)
    sheet.get_by_role("button", name="Close").click()
    expect(sheet).to_be_hidden()
    expect(reply.button("More")).to_be_focused()


def test_details_name_the_errors_of_earlier_attempts(owner: Person) -> None:
    tab = owner.open()
    reply = tab.send("/cut 5")
    reply.expect_status("interrupted")
    reply.press("Continue")
    reply.expect_status("complete")

    choose(tab, reply, "Details")

    attempts = tab.page.get_by_role("dialog").locator(".attempts > li")
    expect(attempts).to_have_count(2)
    expect(attempts.first).to_contain_text("broke off before the answer was finished")
    expect(attempts.last).to_contain_text("It was finished.")


def test_a_copied_link_leads_to_the_message(owner: Person, answered: tuple[Tab, Reply]) -> None:
    tab, reply = answered
    owner.context.grant_permissions(PERMISSIONS)

    choose(tab, reply, "Copy link")
    expect(tab.page.locator("#announcer")).to_have_text("Copied")
    link = tab.page.evaluate("navigator.clipboard.readText()")

    assert link == f"{owner.product.base_url}{tab.path}at/{reply.id}/#message-{reply.id}"
    other = owner.open(link)
    expect(other.page.locator(f"#message-{reply.id}")).to_be_in_viewport()


def test_no_button_does_what_another_did_in_its_place(owner: Person) -> None:
    tab = owner.open()
    reply = tab.send("/long 30")
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    reply.expect_status("complete")

    for name in ("Copy", "More", "Regenerate"):
        reply.press(name)
    expect(reply.entry).to_have_count(0)

    assert [url.rsplit("/", 2)[1] for url in asked if "/see/" not in url] == ["regenerate"]


def test_an_action_shows_when_the_keyboard_reaches_it(answered: tuple[Tab, Reply]) -> None:
    tab, reply = answered
    tab.send("/long 3").expect_status("complete")
    tab.page.mouse.move(5, 5)
    copy = reply.button("Copy")
    expect(copy).to_have_css("opacity", "0")

    copy.focus()

    expect(copy).to_have_css("opacity", "1")
    copy.press("Tab")
    expect(reply.button("Good answer")).to_be_focused()


def test_a_finger_reaches_every_action(
    people: Callable[..., Person], product: Product, accounts: Iterator[Account], administrator: Account
) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    tab = people(product, next(accounts), **phone).open()
    reply = tab.send("/long 3")
    reply.expect_status("complete")

    for name in ("Copy", "Regenerate", "Good answer", "Bad answer", "More"):
        expect(reply.button(name)).to_have_css("opacity", "1")
        box = reply.button(name).bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 24
    reply.button("More").tap()
    tab.page.get_by_text("Details").tap()
    expect(tab.page.get_by_role("dialog")).to_be_visible()


def test_another_model_writes_another_version(browser: Browser, model_server: OpenAIServer) -> None:
    settings = {"OPENAI_BASE_URL": model_server.base_url, "OPENAI_MODELS": "scripted-1,scripted-2"}
    with running_product(**settings) as product:
        person = Person(browser, product, *product.accounts(1))
        model_server.forget()
        tab = person.open()
        old = tab.send("Hello?")
        old.expect_status("complete")

        old.press("Regenerate")
        tab.page.get_by_role("button", name="scripted-2").click()
        expect(old.entry).to_have_count(0)
        tab.reply().expect_status("complete")

        expect(tab.reply().entry.locator(".model-name")).to_have_text("scripted-2")
        expect(tab.reply().entry.locator(".siblings-count")).to_have_text("2/2")
        person.close()
        assert person.complaints == []


def test_it_all_works_without_scripts(owner: Person, answered: tuple[Tab, Reply]) -> None:
    tab, reply = answered
    plain = owner.context.browser.new_context(java_script_enabled=False, base_url=owner.product.base_url)
    plain.add_cookies(owner.context.cookies())
    page = plain.new_page()
    page.goto(tab.path)
    entry = page.locator(f"#message-{reply.id}")

    entry.get_by_role("button", name="Good answer").click()
    expect(entry.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    entry.get_by_role("link", name="Add a note").click()
    page.get_by_role("textbox").fill("Clear.")
    page.get_by_role("button", name="Save").click()
    expect(entry.get_by_role("link", name="Your note")).to_be_visible()
    entry.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Details").click()
    expect(page.get_by_role("heading", name="How this answer was written")).to_be_visible()
    page.get_by_role("link", name="Back to the conversation").click()
    expect(entry).to_be_visible()
    plain.close()
