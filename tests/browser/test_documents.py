"""Markdown through the real page: the streamed reply is the reloaded one, and hostile text stays text."""

from collections.abc import Callable, Iterator
from random import Random
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Dialog, Request, expect

from tests.browser.conftest import wait_until_titled
from tests.support.browser import Person, Reply, Tab
from tests.support.openai_scripts import END, Pause, Script, text
from tests.support.openai_server import OpenAIServer
from tests.support.product import Account, Product
from tests.web.markdown_corpus import corpus, deltas, documents

pytestmark = [pytest.mark.browser, pytest.mark.embedded_only]

GROUPS = 3  # conversations over which the texts are spread: each fits in one window
DOCUMENTS = documents()
HOSTILE = {name: "".join(parts) for name, parts in corpus("inert", "no_request").items()}
MOST_PIECES = 12
PACE = 0.01  # seconds between pieces
LISTEN = "window.__pwn = (what) => console.error(`ran: ${what}`);"
TREE = """
(root) => {
  const tree = (node) => node instanceof Element ? [
    node.localName,
    Object.fromEntries([...node.attributes].map(({ name, value }) => [name, value])),
    [...node.childNodes].map(tree),
  ] : node.data;
  return tree(root);
}
"""  # attributes without their order, in which a drawing anew may add them
FOREIGN_PICTURE = (
    '(host) => { document.body.innerHTML += `<img src="http://${host}/x" onerror="__pwn(1)">`; }'
)


class Watch:
    """Hears of everything that hostile text could bring about in any page of somebody."""

    def __init__(self, person: Person) -> None:
        self.heard: list[str] = []
        self._host = urlsplit(person.product.base_url).netloc
        person.context.add_init_script(LISTEN)
        person.context.on("request", self._hear_request)
        person.context.on("dialog", self._hear_dialog)

    def _hear_request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.netloc != self._host and url.scheme not in {"data", "blob"}:
            self.heard.append(request.url)

    def _hear_dialog(self, dialog: Dialog) -> None:
        self.heard.append(dialog.message)
        dialog.dismiss()


def group(texts: dict[str, str], number: int) -> dict[str, str]:
    return dict(list(texts.items())[number::GROUPS])


def titled(person: Person) -> Tab:
    """A conversation that has its title: nothing asks the model server but what the test sends."""
    tab = person.open()
    tab.send("Hello").expect_status("complete")
    wait_until_titled(person.product)
    return tab


def answered(tab: Tab, server: OpenAIServer, name: str, answer: str, question: str) -> Reply:
    pieces = deltas(answer, most=MOST_PIECES, random=Random(name))
    server.play(Script([step for piece in pieces for step in (Pause(PACE), text(piece))] + [*END]))
    reply = tab.send(question)
    reply.expect_status("complete")
    return reply


@pytest.mark.parametrize("number", range(GROUPS))
def test_streamed_page_is_the_reloaded_page(
    model_owner: Person, model_server: OpenAIServer, number: int
) -> None:
    tab = titled(model_owner)
    replies = {
        name: answered(tab, model_server, name, answer, "Write.")
        for name, answer in group(DOCUMENTS, number).items()
    }
    live = {name: reply.body.evaluate(TREE) for name, reply in replies.items()}

    tab.page.reload()

    for name, reply in replies.items():
        assert reply.body.evaluate(TREE) == live[name], name


@pytest.mark.parametrize("number", range(GROUPS))
def test_hostile_text_runs_nothing_and_asks_nobody(
    model_owner: Person, model_server: OpenAIServer, people: Callable[..., Person], number: int
) -> None:
    unguarded = people(model_owner.product, model_owner.account, bypass_csp=True)
    watches = [Watch(unguarded), Watch(model_owner)]
    tab = titled(unguarded)
    for name, hostile in group(HOSTILE, number).items():
        answered(tab, model_server, name, hostile, f"Say: {hostile}")

    tab.page.reload()
    guarded = model_owner.open(tab.path)

    for each in (tab, guarded):
        expect(each.replies).to_have_count(len(group(HOSTILE, number)) + 1)
        each.page.wait_for_load_state("networkidle")
    assert [watch.heard for watch in watches] == [[], []]


def test_what_hostile_text_could_do_would_be_heard(
    people: Callable[..., Person], product: Product, accounts: Iterator[Account]
) -> None:
    person = people(product, next(accounts), bypass_csp=True)
    watch = Watch(person)
    page = person.open().page

    with page.expect_console_message(lambda message: message.text == "ran: 1"):
        page.evaluate(FOREIGN_PICTURE, "canary.test")

    assert watch.heard == ["http://canary.test/x"]
    assert "error: ran: 1" in " ".join(person.complaints)
    person.complaints.clear()
