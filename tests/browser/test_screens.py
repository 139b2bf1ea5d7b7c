"""Pictures of every page and state for people to look at: `SCREENSHOTS=folder pytest -k screens`."""

import os
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.axe_states import STATES, every_ending
from tests.browser.axe_walks import WALKS, Walk
from tests.support.axe import PHONE
from tests.support.browser import Person, Reply, Tab
from tests.support.line import SPOILED, Line
from tests.support.openai_scripts import END, HANG, Script, text
from tests.support.openai_server import OpenAIServer
from tests.support.pictures import Sitting, answered, fill, scroll, told
from tests.support.product import Account, Product
from tests.support.product import product as running_product
from tests.support.showpieces import EXTREMES, RICH, TITLES

FINGER = {"has_touch": True, "is_mobile": True}
pytestmark = [
    pytest.mark.browser,
    pytest.mark.embedded_only,
    pytest.mark.skipif("SCREENSHOTS" not in os.environ, reason="SCREENSHOTS names no folder"),
]


@pytest.fixture
def sit(people: Callable[..., Person]) -> Callable[..., Sitting]:
    """Lets somebody sit for pictures."""
    return lambda product, account=None, **options: Sitting(people(product, account, **options))


@pytest.fixture
def sitting(sit: Callable[..., Sitting], product: Product, accounts: Iterator[Account]) -> Sitting:
    return sit(product, next(accounts))


@pytest.fixture(scope="module")
def showroom(model_server: OpenAIServer) -> Iterator[Product]:
    settings = {"OPENAI_BASE_URL": model_server.base_url, "OPENAI_MODELS": "gpt-4o-mini,llama3.2"}
    with running_product(**settings) as running:
        yield running


@pytest.fixture(scope="module")
def visitors(showroom: Product) -> Iterator[Account]:
    return showroom.people()


@pytest.fixture
def scripted(
    sit: Callable[..., Sitting],
    showroom: Product,
    visitors: Iterator[Account],
    model_server: OpenAIServer,
) -> Sitting:
    model_server.forget()
    return sit(showroom, next(visitors))


@pytest.mark.parametrize("name", STATES)
def test_states(
    name: str, sit: Callable[..., Sitting], product: Product, accounts: Iterator[Account]
) -> None:
    state = STATES[name]
    sitting = sit(product, next(accounts) if state.inside else None)
    sitting.person.forgiven = re.compile(state.forgiven)

    state.arrive(sitting.person)

    sitting.picture("state-" + re.sub(r"\W+", "-", name))


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.__name__)
def test_walks(walk: Walk, sitting: Sitting) -> None:
    sitting.person.forgiven = SPOILED
    for state, _ in walk(sitting.person):
        sitting.picture("walk-" + re.sub(r"\W+", "-", f"{walk.__name__}-{state}"))


def test_answer(scripted: Sitting, model_server: OpenAIServer) -> None:
    tab = answered(scripted, model_server, "How do tides work? Show me the physics.", RICH, "How tides work")
    scripted.at(1280, 3600, "answer-whole-light")
    scroll(tab, "#messages")
    scripted.picture("answer-top")
    for place in ("h2", "figure.code", "table", "ul:has(.task)", ".footnotes"):
        for look in ("light", "dark", "phone", "phone-dark"):
            scripted.look(look)
            scroll(tab, f".prose {place}")
            scripted.snap(f"answer-{re.sub(r'[^a-z0-9]+', '-', place).strip('-')}-{look}")
    scripted.look("light")
    tab.page.emulate_media(media="print")
    scripted.at(794, 3600, "print")


def test_streaming(scripted: Sitting, model_server: OpenAIServer) -> None:
    answered(scripted, model_server, "How do tides work? Show me the physics.", RICH, "How tides work")
    model_server.play(Script([*told(RICH[: len(RICH) // 3]), HANG]))
    tab = scripted.open()
    reply = tab.send("And now in more detail, please")
    reply.expect_words(60)
    scripted.picture("streaming")
    for words in ("Is it true that the Moon is drifting away from us?", "Compare it with an arch. " * 12):
        tab.composer.fill(words)
        tab.composer.press("Enter")
        expect(tab.page.locator(".queued", has_text=words.strip())).to_be_visible()
    scripted.picture("queue")
    tab.page.locator(".queued summary").last.click()
    scripted.picture("queue-edit")


def test_message(scripted: Sitting, model_server: OpenAIServer) -> None:
    tab = answered(scripted, model_server, "What is a spring tide?", RICH[:600], "Spring tides")
    reply = tab.reply()
    reply.press("Bad answer")
    expect(reply.button("Bad answer")).to_have_attribute("aria-pressed", "true")
    scripted.picture("rated")
    for button in ("Regenerate", "More"):
        reply.press(button)
        expect(reply.entry.locator(".menu:popover-open")).to_be_visible()
        scripted.picture(f"menu-{button.lower()}", "light", "dark")
        tab.page.keyboard.press("Escape")
        scripted.look("phone")
        reply.press(button)
        scripted.snap(f"menu-{button.lower()}-phone")
        tab.page.keyboard.press("Escape")
        scripted.look("light")
    open_sheets(scripted, tab, reply)


def open_sheets(scripted: Sitting, tab: Tab, reply: Reply) -> None:
    reply.entry.get_by_role("link", name="Add a note").click()
    expect(tab.page.locator("#sheet textarea")).to_be_visible()
    scripted.picture("note")
    tab.page.keyboard.press("Escape")
    reply.press("More")
    reply.entry.get_by_role("link", name="Details").click()
    expect(tab.page.locator("#sheet .facts")).to_be_visible()
    scripted.picture("details")
    tab.page.keyboard.press("Escape")
    question = tab.page.locator("#messages > .message-user")
    question.hover()
    question.get_by_role("button", name="Edit").click()
    scripted.picture("edit")
    question.get_by_role("textbox").fill("What is a neap tide?")
    question.get_by_role("textbox").press("Enter")
    expect(question.locator(".siblings-count")).to_have_text("2/2")
    tab.reply().expect_status("complete")
    scripted.picture("branches")


def test_endings(sitting: Sitting) -> None:
    tab = Tab(every_ending(sitting.person))
    sitting.at(1280, 1900, "endings-whole-light")
    for status in ("failed", "interrupted", "stopped"):
        for look in ("dark", "phone"):
            sitting.look(look)
            scroll(tab, f".is-{status}")
            sitting.snap(f"ending-{status}-{look}")


def test_outbox(sitting: Sitting, sit: Callable[..., Sitting]) -> None:
    line = Line(sitting.person.context)
    tab = sitting.open()
    tab.send("/long 30").expect_status("complete")
    elsewhere = sit(sitting.person.product, sitting.person.account).open(tab.path)
    line.deaf = True
    tab.composer.fill("And how long may such a bridge be, at the most?")
    tab.composer.press("Enter")
    sitting.picture("sending")
    line.cut()
    expect(tab.page.locator("#composer-note")).not_to_be_empty()
    expect(tab.page.locator("#connection")).not_to_be_empty()
    sitting.picture("offline")
    elsewhere.send("/long 3").expect_status("complete")
    line.deaf = False
    line.mend()
    expect(tab.page.locator("#composer-error")).not_to_be_empty()
    sitting.picture("stale")


def test_composer(scripted: Sitting, sit: Callable[..., Sitting], model_server: OpenAIServer) -> None:
    tab = answered(scripted, model_server, "hello", "Hello! What is on your mind?", "A greeting")
    phone = sit(scripted.person.product, scripted.person.account)
    phone.person.forgiven = SPOILED
    line = Line(phone.person.context)
    elsewhere = phone.open(tab.path)
    line.cut()
    elsewhere.composer.fill("A draft from the phone, which nobody has sent")
    tab.composer.fill("x" * 200_012)
    line.mend()
    expect(tab.page.locator(".other-draft")).to_be_visible(timeout=20_000)
    scripted.picture("limit")
    tab.composer.fill("What I was about to ask\n\nand a second thought\nwith a third line")
    scripted.picture("drafts")
    tab.page.locator("#instructions-button").click()
    tab.page.locator("#instructions-text").fill("Answer in French, and keep it short.")
    scripted.picture("instructions")
    tab.page.locator("#instructions").get_by_role("button", name="Save").click()
    expect(tab.page.locator("#instructions-button")).to_have_class(re.compile("is-on"))
    scripted.picture("instructed")


def full_list(sitting: Sitting, server: OpenAIServer) -> Tab:
    """A list with something of everything in it."""
    fill(sitting)
    for title in TITLES:
        server.play(Script([text("Gladly."), *END]), Script([text(title), *END]))
        tab = sitting.open()
        tab.send(f"Tell me of {title}").expect_status("complete")
        expect(tab.titles.first).to_have_text(title)
        tab.page.close()
    tab = sitting.open()
    tab.menu(TITLES[0], "Pin")
    tab.menu(TITLES[1], "Pin")
    server.play(Script([text("It is "), HANG]))
    tab.send("Which rivers have a bore?").expect_words(1)
    return tab


def test_list(scripted: Sitting, model_server: OpenAIServer) -> None:
    tab = full_list(scripted, model_server)
    scripted.picture("list", "light", "dark")
    tab.page.locator("#conversations > .conversation").nth(3).hover()
    tab.page.locator(".conversation-more").nth(3).click()
    scripted.picture("list-menu", "light", "dark")
    tab.page.locator(".menu:popover-open .menu-item", has_text="Rename").click()
    scripted.picture("list-rename", "light", "dark")
    tab.page.keyboard.press("Escape")
    tab.page.locator(".sidebar-fold").click()
    scripted.picture("folded", "light", "dark")
    tab.page.locator(".header-menu").click()
    for look in ("phone", "phone-dark"):
        scripted.look(look)
        tab.page.locator(".header-menu").click()
        scripted.snap(f"drawer-{look}")
        tab.page.locator(".conversation-more").nth(3).click()
        scripted.snap(f"drawer-menu-{look}")
        tab.page.locator(".menu:popover-open .menu-item", has_text="Archive").click()
        expect(tab.page.locator(".toast")).to_be_visible()
        scripted.snap(f"drawer-toast-{look}")
        tab.page.locator(".sidebar-close").click()
    scripted.look("light")
    tab.page.keyboard.press("Control+k")
    expect(tab.page.locator(".option-group").first).to_be_visible()
    scripted.picture("palette-full")


def test_extremes(scripted: Sitting, model_server: OpenAIServer) -> None:
    tab = answered(scripted, model_server, EXTREMES[0], EXTREMES[1], EXTREMES[2])
    scripted.at(1280, 1700, "extremes-light")
    scripted.at(390, 2200, "extremes-phone")
    scripted.at(360, 640, "extremes-360")
    scripted.at(2560, 1440, "extremes-2560")
    scripted.at(900, 700, "extremes-900")
    new = scripted.open()
    scripted.at(360, 640, "empty-360")
    scripted.at(2560, 1440, "empty-2560")
    scripted.at(844, 390, "empty-landscape")
    new.page.goto("/settings/appearance/")
    scripted.at(360, 640, "settings-360")
    scripted.at(2560, 1440, "settings-2560")
    assert tab


def test_without_scripts(sit: Callable[..., Sitting], showroom: Product, visitors: Iterator[Account]) -> None:
    sitting = sit(showroom, next(visitors), java_script_enabled=False)
    page = sitting.open().page
    page.screenshot(path=f"{os.environ['SCREENSHOTS']}/plain-empty.png")
    page.locator("#composer-text").fill("hello")
    page.locator("#composer-send").click()
    page.screenshot(path=f"{os.environ['SCREENSHOTS']}/plain-transcript.png")


def test_those_of_the_readme(
    sit: Callable[..., Sitting],
    showroom: Product,
    visitors: Iterator[Account],
    model_server: OpenAIServer,
) -> None:
    model_server.forget()
    sitting = sit(showroom, next(visitors), device_scale_factor=1.5)
    fill(sitting)
    model_server.play(Script([*told(RICH[: RICH.index("```python")]), HANG]))
    tab = sitting.open()
    tab.menu("Swedish verbs", "Pin")
    tab.send("How do tides work? Show me the physics.").expect_words(100)
    sitting.picture("readme", "light")
    answered(sitting, model_server, "Compute them in Python", RICH[: RICH.index("####")], "Tides in Python")
    sitting.picture("readme", "dark")
    phone = sit(showroom, sitting.person.account, viewport=PHONE, device_scale_factor=2, **FINGER)
    model_server.play(Script([*told(RICH[: RICH.index("### The force")]), HANG]))
    phone.open().send("Why are there two tides a day?").expect_words(60)
    phone.snap("readme-phone")
