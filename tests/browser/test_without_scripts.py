"""A page is complete as it comes from the server: what scripts do is more, never what has to be."""

import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.support.browser import Person, Tab

pytestmark = pytest.mark.browser

HOLDING_UP = """
(scripts) => scripts.filter(({ defer, type }) => !defer && type !== "module").map(({ src }) => src)
"""
AT_FIRST = """
() => [performance.getEntriesByType("paint").find(({ name }) => name === "first-contentful-paint").startTime,
       performance.getEntriesByType("resource").filter(({ initiatorType }) => initiatorType === "script")
           .map(({ renderBlockingStatus }) => renderBlockingStatus)]
"""


@pytest.fixture
def plain(people: Callable[..., Person], owner: Person) -> Tab:
    """The page of somebody whose browser runs no scripts."""
    return people(owner.product, owner.account, java_script_enabled=False).open()


def keep(plain: Tab, text: str, *, path: str) -> None:
    """Have a draft stored, as by another page."""
    token = plain.page.locator("#actions [name=csrfmiddlewaretoken]").get_attribute("value")
    place = {} if path.startswith("/c/") else {"new": "1"}
    form = {"draft": str(uuid.uuid4()), "version": "1", "text": text, **place}
    folder = path if path.startswith("/c/") else f"/c/{uuid.uuid4()}/"
    answer = plain.page.request.post(f"{folder}draft/", form=form, headers={"X-CSRFToken": token or ""})
    assert answer.ok, answer.status


def others(plain: Tab) -> Locator:
    return plain.page.locator(".other-draft span")


def test_a_transcript_is_there_before_any_script(owner: Person, plain: Tab) -> None:
    tab = owner.open()
    reply = tab.send("How does a suspension bridge carry its load?")
    reply.expect_status("complete")

    plain.page.goto(tab.path)

    shown = plain.page.locator(f"#message-{reply.id}-body")
    expect(shown).to_be_visible()
    expect(shown).to_have_text(reply.text)
    expect(shown.locator("p").first).to_be_in_viewport(ratio=0.1)


def test_no_script_holds_up_the_first_paint(owner: Person) -> None:
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    tab.page.reload()

    assert tab.page.locator("script[src]").evaluate_all(HOLDING_UP) == []
    painted_at, blocking = tab.page.evaluate(AT_FIRST)
    assert painted_at > 0
    assert set(blocking) == {"non-blocking"}


@pytest.mark.parametrize("begun", [True, False])
def test_every_draft_is_offered_and_either_can_be_taken(owner: Person, plain: Tab, *, begun: bool) -> None:
    path = begin(owner) if begun else "/"
    for text in ("one thought", "another thought"):
        keep(plain, text, path=path)

    plain.page.goto(path)
    expect(plain.composer).to_have_value("another thought")
    expect(others(plain)).to_have_text(["one thought"])
    plain.page.get_by_role("link", name="Use").click()

    expect(plain.composer).to_have_value("one thought")
    expect(others(plain)).to_have_text(["another thought"])
    plain.page.get_by_role("button", name="Throw this draft away").click()
    expect(others(plain)).to_have_count(0)
    expect(plain.composer).to_have_value("one thought")


def test_with_scripts_a_draft_is_offered_once(owner: Person, plain: Tab) -> None:
    for text in ("one thought", "another thought"):
        keep(plain, text, path="/")

    tab = owner.open()

    expect(tab.composer).to_have_value("another thought")
    expect(others(tab)).to_have_text(["one thought"])


def begin(owner: Person) -> str:
    """The path of a new conversation."""
    tab = owner.open()
    tab.send("/long 3").expect_status("complete")
    return tab.path
