"""Who answers, and what every answer heeds: chosen in one place, and so on every page."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import FIRST, SECOND
from tests.support.browser import Person, Tab
from tests.support.openai_server import OpenAIServer
from tests.support.product import Account, Product

pytestmark = pytest.mark.browser


@pytest.fixture
def person(people: Callable[..., Person], two_models: Product, some: Iterator[Account]) -> Person:
    return people(two_models, next(some))


def picker(tab: Tab) -> Locator:
    return tab.page.get_by_role("combobox", name="Model")


def asked(server: OpenAIServer, words: str) -> list[dict[str, str]]:
    """What the model was told when it was asked this."""
    told = [request.turns for request in server.requests]
    return next(turns for turns in reversed(told) if turns[-1]["content"] == words)


def instruct(tab: Tab, text: str, button: str = "Save") -> None:
    tab.front()
    tab.page.get_by_role("button", name="Instructions for this conversation").click()
    tab.page.locator("#instructions-text").fill(text)
    tab.page.locator("#instructions").get_by_role("button", name=button).click()
    expect(tab.page.locator("#instructions")).to_be_hidden()


def test_the_model_is_chosen_by_keyboard_and_the_same_in_every_tab(person: Person) -> None:
    tab = person.open()
    tab.send("hello").expect_status("complete")
    beside = person.open(tab.path)
    expect(picker(tab)).to_have_value(FIRST)

    picker(tab).focus()
    tab.page.keyboard.press("ArrowDown")
    picker(tab).select_option(SECOND)

    expect(picker(beside)).to_have_value(SECOND)
    reply = beside.send("hello again")
    reply.expect_status("complete")
    expect(reply.entry.locator(".model-name")).to_have_text(SECOND)
    beside.page.reload()
    expect(picker(beside)).to_have_value(SECOND)


def test_a_new_conversation_begins_with_the_model_that_is_chosen_for_it(person: Person) -> None:
    tab = person.open()
    picker(tab).select_option(SECOND)

    reply = tab.send("hello")

    reply.expect_status("complete")
    expect(reply.entry.locator(".model-name")).to_have_text(SECOND)


def test_a_new_conversation_begins_with_the_model_of_the_settings(person: Person) -> None:
    settings = person.open("/settings/writing/").page
    settings.get_by_label("Model for new conversations").select_option(SECOND)
    settings.get_by_role("button", name="Save").click()

    expect(picker(person.open())).to_have_value(SECOND)


def test_one_model_is_no_choice(owner: Person) -> None:
    expect(picker(owner.open())).to_have_count(0)


def test_instructions_are_told_to_the_model_and_shown_in_every_tab(
    person: Person, model_server: OpenAIServer
) -> None:
    tab = person.open()
    tab.send("hello").expect_status("complete")
    beside = person.open(tab.path)

    instruct(tab, "Be brief.")
    tab.send("how?").expect_status("complete")

    assert asked(model_server, "how?")[0] == {"role": "system", "content": "Be brief."}
    beside.front()
    beside.page.get_by_role("button", name="Instructions for this conversation").click()
    expect(beside.page.locator("#instructions-text")).to_have_value("Be brief.")


def test_instructions_of_a_new_conversation_go_with_its_first_message(
    person: Person, model_server: OpenAIServer
) -> None:
    tab = person.open()
    instruct(tab, "Be kind.", "Done")
    tab.send("who?").expect_status("complete")

    assert asked(model_server, "who?")[0] == {"role": "system", "content": "Be kind."}
    instruct(tab, "Be cruel.")
    tab.send("whom?").expect_status("complete")
    assert asked(model_server, "whom?")[0] == {"role": "system", "content": "Be cruel."}


def test_without_scripts_both_are_chosen_by_forms(
    people: Callable[..., Person], two_models: Product, some: Iterator[Account], model_server: OpenAIServer
) -> None:
    page = people(two_models, next(some), java_script_enabled=False).open().page
    page.get_by_role("combobox", name="Model").select_option(SECOND)
    page.get_by_role("button", name="Instructions for this conversation").click()
    page.locator("#instructions-text").fill("Be plain.")
    page.get_by_role("button", name="Done").click()
    page.locator("#composer-text").fill("what?")
    page.locator("#composer-send").click()
    expect(page.get_by_role("combobox", name="Model")).to_have_value(SECOND)

    page.get_by_role("combobox", name="Model").select_option(FIRST)
    page.get_by_role("button", name="Use this model").click()

    expect(page.get_by_role("combobox", name="Model")).to_have_value(FIRST)
    page.get_by_role("button", name="Instructions for this conversation").click()
    expect(page.locator("#instructions-text")).to_have_value("Be plain.")
    page.locator("#instructions-text").fill("Be fancy.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Instructions for this conversation").click()
    expect(page.locator("#instructions-text")).to_have_value("Be fancy.")
