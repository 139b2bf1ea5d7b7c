"""Diagrams: drawn apart from the page and shown as pictures; the transcript stays what the server sent."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.test_documents import TREE, Watch, answered, titled
from tests.support.axe import violations
from tests.support.browser import Person, Reply, Tab
from tests.support.openai_server import OpenAIServer

pytestmark = [pytest.mark.browser, pytest.mark.embedded_only]

SOURCES = [json.loads(line) for line in Path(__file__).with_name("diagrams.jsonl").read_text().splitlines()]
KINDS = {entry["name"]: entry["source"] for entry in SOURCES if entry["group"] == "kind"}
HOSTILE = {entry["name"]: entry["source"] for entry in SOURCES if entry["group"] == "hostile"}
Draw = Callable[..., tuple[Tab, Reply]]
CHART = KINDS["flowchart"]
BROKEN = "flowchart TD\n  A[ --> B"
TOO_LONG = "flowchart TD\n" + "%% comment\n" * 2_000
WIDE = "flowchart LR\n  " + " --> ".join(f"s{number}[Station {number}]" for number in range(16))
COLOURED = "flowchart LR\n  A[pale]\n  style A fill:lightyellow"
MANY = 40
STUDIO = re.compile(r"/diagram/|/mermaid|/js/studio/")
SILENT = "parent.postMessage('ready', '*');"
EVIL = """
parent.postMessage("ready", "*");
onmessage = () => parent.postMessage({
  svg: `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="top.__pwn(1)">
    <script>top.__pwn(2)</script><image href="https://canary.test/x"/></svg>`,
  width: 9, height: 9, words: "<img src=https://canary.test/y onerror=__pwn(3)>",
}, "*");
"""
IS_LOADED = "(image) => image.complete && image.naturalWidth > 0"


def fenced(*sources: str) -> str:
    return "\n\n".join(f"```mermaid\n{source}\n```" for source in sources)


@pytest.fixture
def draw(model_owner: Person, model_server: OpenAIServer) -> Draw:
    """Has these sources be the answer in a new conversation."""

    def draw(*sources: str, person: Person = model_owner) -> tuple[Tab, Reply]:
        tab = titled(person)
        return tab, answered(tab, model_server, "diagrams", fenced(*sources), "Draw.")

    return draw


def pictures(reply: Reply) -> Locator:
    return reply.body.locator("[part=diagram]").get_by_role("img", include_hidden=True)


def expect_drawn(picture: Locator) -> None:
    expect(picture).to_be_visible()
    assert picture.evaluate(IS_LOADED)


def expect_settled(reply: Reply) -> None:
    """Each has come near, and has become a picture or has got a note."""
    for figure in reply.body.locator("figure").all():
        figure.scroll_into_view_if_needed()
        expect(figure.locator("[part=note], [part=diagram]").filter(visible=True)).to_have_count(1)


def drawn_by(person: Person, script: str) -> None:
    """Have the frame run this and not the product's own."""
    person.context.route(
        "**/js/studio/draw*.js", lambda route: route.fulfill(body=script, content_type="text/javascript")
    )


def test_every_kind_is_drawn_within_the_policy(draw: Draw) -> None:
    _, reply = draw(*KINDS.values())

    for figure in reply.body.locator("figure").all():
        figure.scroll_into_view_if_needed()
        expect_drawn(figure.get_by_role("img"))
        expect(figure.locator("pre")).to_be_hidden()


@pytest.mark.parametrize(
    ("source", "note"), [(BROKEN, "could not be drawn"), (TOO_LONG, "too long to be drawn")]
)
def test_what_cannot_be_drawn_stays_its_source(draw: Draw, source: str, note: str) -> None:
    _, reply = draw(source)

    expect(reply.body.locator("[part=note]")).to_contain_text(note)
    expect(reply.body.locator("pre")).to_be_visible()
    expect(reply.button("Source")).to_have_count(0)
    expect(pictures(reply)).to_be_hidden()


@pytest.mark.parametrize("unguarded", [False, True])
def test_hostile_sources_run_nothing_and_ask_nobody(
    draw: Draw, model_owner: Person, people: Callable[..., Person], unguarded: bool
) -> None:
    person = people(model_owner.product, model_owner.account, bypass_csp=unguarded)
    watch = Watch(person)
    tab, reply = draw(*HOSTILE.values(), person=person)

    expect_settled(reply)
    tab.page.wait_for_load_state("networkidle")
    assert watch.heard == []


def test_frame_that_was_taken_over_runs_nothing_in_the_page(
    draw: Draw, model_owner: Person, people: Callable[..., Person]
) -> None:
    person = people(model_owner.product, model_owner.account, bypass_csp=True)
    drawn_by(person, EVIL)
    watch = Watch(person)

    tab, reply = draw(CHART, person=person)

    expect_drawn(pictures(reply))
    tab.page.wait_for_load_state("networkidle")
    assert watch.heard == []


def test_streamed_diagrams_are_the_reloaded_ones(draw: Draw) -> None:
    tab, reply = draw(CHART, BROKEN, KINDS["sequence"])
    expect_settled(reply)
    live = reply.body.evaluate(TREE)

    tab.page.reload()

    expect_settled(reply)
    assert reply.body.evaluate(TREE) == live
    expect(pictures(reply).filter(visible=True)).to_have_count(2)


def test_page_without_diagrams_loads_nothing_to_draw_them(
    model_owner: Person, model_server: OpenAIServer
) -> None:
    asked: list[str] = []
    model_owner.context.on("request", lambda request: asked.append(request.url))
    tab = titled(model_owner)
    answered(tab, model_server, "code", "```js\nx\n```\n\n```mermaid\nnever closed", "Write code.")

    tab.page.reload()
    tab.page.wait_for_load_state("networkidle")

    assert [url for url in asked if STUDIO.search(url)] == []


def test_source_is_a_key_away(draw: Draw) -> None:
    _, reply = draw(CHART)
    button = reply.button("Source")

    button.press("Enter")
    expect(reply.body.locator("pre")).to_be_visible()
    expect(pictures(reply)).to_be_hidden()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(reply.button("Wrap lines")).to_be_visible()

    button.press("Space")
    expect(pictures(reply)).to_be_visible()
    expect(reply.button("Wrap lines")).to_be_hidden()


def test_copy_gives_the_source(draw: Draw, model_owner: Person) -> None:
    model_owner.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab, reply = draw(CHART)
    expect_drawn(pictures(reply))

    reply.body.get_by_role("button", name="Copy").click()

    expect(tab.page.locator("#announcer")).to_have_text("Copied")
    assert tab.page.evaluate("navigator.clipboard.readText()") == f"{CHART}\n"


def by_day_and_in_the_dark(tab: Tab, reply: Reply) -> tuple[str, str]:
    """The addresses of its picture, which is drawn anew when the theme changes."""
    expect_drawn(pictures(reply))
    light = pictures(reply).get_attribute("src") or ""
    tab.page.emulate_media(color_scheme="dark")
    expect(pictures(reply)).not_to_have_attribute("src", light)
    return light, pictures(reply).get_attribute("src") or ""


def test_other_theme_has_it_drawn_anew(draw: Draw) -> None:
    tab, reply = draw(CHART)
    light, dark = by_day_and_in_the_dark(tab, reply)

    tab.page.locator("html").evaluate("(html) => { html.dataset.theme = 'light'; }")
    expect(pictures(reply)).to_have_attribute("src", light)
    assert dark != light


def test_label_stands_out_from_a_colour_that_the_source_gives_its_node(draw: Draw) -> None:
    tab, reply = draw(COLOURED)
    dark = unquote(by_day_and_in_the_dark(tab, reply)[1])

    assert "fill: rgb(29, 34, 35)" in dark[dark.index("<text") : dark.index("</text>")]


def test_picture_stays_through_what_follows(draw: Draw, model_server: OpenAIServer) -> None:
    tab, reply = draw(CHART)
    expect_drawn(pictures(reply))
    pictures(reply).evaluate("(image) => { image.isTheSame = true; }")

    answered(tab, model_server, "more", f"Words, and\n\n{fenced(KINDS['pie'])}", "Go on.")

    assert pictures(reply).evaluate("(image) => image.isTheSame")
    expect_drawn(pictures(tab.reply()))


def test_one_frame_draws_all_and_only_what_is_near(draw: Draw) -> None:
    tab, reply = draw(*[f"{CHART}\n  X{number}" for number in range(MANY)])
    tab.page.keyboard.press("Control+Home")
    first, last = reply.body.locator("figure").first, reply.body.locator("figure").last
    first.scroll_into_view_if_needed()
    tab.page.reload()

    expect_drawn(last.get_by_role("img"))

    assert len(tab.page.frames) == 2
    assert pictures(reply).filter(visible=True).count() < MANY / 2


def test_drawing_that_never_ends_is_given_up_and_the_page_goes_on(draw: Draw, model_owner: Person) -> None:
    drawn_by(model_owner, SILENT)
    tab, reply = draw(CHART)

    expect(reply.body.locator("[part=note]")).to_contain_text("could not be drawn", timeout=30_000)
    expect(reply.body.locator("pre")).to_be_visible()
    assert len(tab.page.frames) == 1


def test_wide_picture_scrolls_in_its_own_box_on_a_phone(draw: Draw) -> None:
    tab, reply = draw(WIDE)
    tab.page.set_viewport_size({"width": 390, "height": 844})
    expect_drawn(pictures(reply))
    box = reply.body.get_by_role("group", name="Diagram")

    box.focus()
    tab.page.keyboard.press("ArrowRight")

    tab.page.wait_for_function("(box) => box.scrollLeft > 0", arg=box.element_handle())
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_axe_finds_nothing_in_a_picture_its_source_and_a_note(draw: Draw) -> None:
    tab, reply = draw(CHART, KINDS["pie"], BROKEN)
    expect_settled(reply)
    reply.button("Source").last.click()

    assert violations(tab.page) == []
