"""The same through the `openai` package, against a server that speaks its protocol."""

import pytest
from playwright.sync_api import expect

from apps.web import wording
from tests.support.browser import Person
from tests.support.openai_behaviours import REPLY
from tests.support.openai_scripts import END, HANG, Script, text
from tests.support.openai_server import OpenAIServer

pytestmark = pytest.mark.browser


def words(count: int) -> str:
    return "".join(f"word{number} " for number in range(count))


def test_hello_is_answered_in_markdown_and_titled_by_the_model(model_owner: Person) -> None:
    tab = model_owner.open()
    expect(tab.page.get_by_text("built-in demo model")).to_have_count(0)

    reply = tab.send("hello")
    reply.expect_status("complete")

    for selector in ("h2", "strong", "ul > li", "table td", "figure pre code"):
        expect(reply.body.locator(selector).first).to_be_visible()
    assert model_owner.source(tab.path, reply.id) == REPLY
    expect(tab.titles).to_have_text(["A scripted title"])
    expect(reply.entry.locator(".model-name")).to_have_text("scripted-1")


def test_reload_in_mid_stream_loses_nothing(model_owner: Person) -> None:
    tab = model_owner.open()
    reply = tab.send("!behaviour words 120 40")
    reply.expect_words(30)
    before = reply.text

    tab.page.reload()

    assert reply.text.startswith(before.rstrip())
    reply.expect_status("complete")
    assert model_owner.source(tab.path, reply.id) == words(120)
    assert reply.text.strip() == words(120).strip()


def test_stop_in_another_tab_closes_the_connection_to_the_provider(
    model_owner: Person, model_server: OpenAIServer
) -> None:
    tab = model_owner.open()
    reply = tab.send("!behaviour words 500 40")
    reply.expect_words(10)
    model_server.wait_for_open_streams(1)
    other = model_owner.open(tab.path)

    other.reply().press("Stop")
    for shown in (reply, other.reply()):
        shown.expect_status("stopped")

    model_server.wait_for_open_streams(0)
    kept = model_owner.source(tab.path, reply.id)
    assert words(500).startswith(kept)
    assert reply.text.strip() == kept.strip()


def test_continue_appends_what_the_model_says_next(model_owner: Person, model_server: OpenAIServer) -> None:
    tab = model_owner.open()
    model_server.play(Script([text("The beginning "), HANG]))
    reply = tab.send("Tell me")
    reply.expect_words(2)
    reply.press("Stop")
    reply.expect_status("stopped")

    model_server.play(Script([text("and the end."), *END]))
    reply.press("Continue")
    reply.expect_status("complete")

    assert model_owner.source(tab.path, reply.id) == "The beginning and the end."
    expect(tab.messages).to_have_count(2)


@pytest.mark.parametrize("behaviour", ["unauthorized", "model_not_found", "context_too_long"])
def test_refusal_is_told_in_a_plain_sentence(model_owner: Person, behaviour: str) -> None:
    reply = model_owner.open().send(f"!behaviour {behaviour}")
    reply.expect_status("failed")

    expect(reply.problem).to_have_text(str(wording.ERRORS[behaviour]))
    expect(reply.button("Try again")).to_be_visible()
    assert reply.text == ""


def test_next_try_after_a_failure_may_succeed(model_owner: Person, model_server: OpenAIServer) -> None:
    model_server.play("unauthorized")
    tab = model_owner.open()
    reply = tab.send("hello")
    reply.expect_status("failed")

    reply.press("Try again")
    reply.expect_status("complete")

    assert model_owner.source(tab.path, reply.id) == REPLY
    expect(tab.messages).to_have_count(2)
