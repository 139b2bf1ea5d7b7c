"""The page and programs of all kinds, on one answer, whoever asked for it."""

from collections.abc import Iterator
from contextlib import ExitStack
from threading import Event
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import wait_until_titled
from tests.browser.test_drawing import MARKDOWN, PACE, SIZE, drawn
from tests.support.browser import Person, Reply, Tab
from tests.support.openai_scripts import END, Pause, Script, Step, text
from tests.support.openai_server import OpenAIServer
from tests.support.product import words_of
from tests.support.programs import Program, Stream, curl, posted, terminal, token_of, typescript
from tests.support.proxy import Spreading

pytestmark = pytest.mark.browser

QUESTION = "Write everything you can. 😀"
BEFORE = "> Are you there?\n\nYes.\n\n"
HALF = MARKDOWN.index("> A quotation")
BEGUN = "**bold"  # in the first half


@pytest.fixture
def line(model_owner: Person) -> Iterator[Spreading]:
    """A way to the server that can be cut."""
    port = urlsplit(model_owner.product.base_url).port
    assert port
    with Spreading([port]) as spreading:
        yield spreading


def halves(may_end: Event) -> Iterator[Step]:
    """An answer whose second half waits until it may come."""
    for start in range(0, len(MARKDOWN), SIZE):
        while start >= HALF and not may_end.is_set():
            yield Pause(PACE)
        yield Pause(PACE)
        yield text(MARKDOWN[start : start + SIZE])
    yield from END


class Gathering:
    """One conversation in its page, in a terminal, in the modules of a page of one's own, and in `curl`."""

    def __init__(self, owner: Person, line: Spreading) -> None:
        self.owner, self.address = owner, owner.product.base_url
        self.line = line
        assert owner.account
        self.token = token_of(owner.product, owner.account)

    def begin(self, server: OpenAIServer) -> None:
        server.play(Script([text("Yes."), *END]), Script([text("A greeting"), *END]))
        self.tab: Tab = self.owner.open()
        self.tab.send("Are you there?").expect_status("complete")
        wait_until_titled(self.owner.product)
        self.conversation = self.tab.path.strip("/").removeprefix("c/")

    def watch(self, exit_stack: ExitStack) -> None:
        there = (self.line.base_url, self.token, self.conversation)
        self.terminal: Program = exit_stack.enter_context(terminal(*there))
        self.typescript: Program = exit_stack.enter_context(typescript(*there))
        self.curl: Stream = exit_stack.enter_context(curl(self.address, self.token, self.conversation))
        for program in (self.terminal, self.typescript):
            program.wait_for(BEFORE)
        self.curl.wait_for("Yes.")

    def cut(self, reply: Reply, exit_stack: ExitStack) -> None:
        """The examples come back by themselves; `curl` is told where it was."""
        assert self.line.cut() >= 2
        self.curl.stop()
        self.heard = self.curl.text_of(reply.id)
        there = (self.address, self.token, self.conversation, self.curl.position)
        self.curl = exit_stack.enter_context(curl(*there))

    def ask(self, by: str) -> Reply:
        """The answer that is begun, as the page shows it."""
        if by == "page":
            return self.tab.send(QUESTION)
        if by == "terminal":
            self.terminal.type(QUESTION)
        else:
            posted(self.address, self.token, f"conversations/{self.conversation}/messages", text=QUESTION)
        expect(self.tab.replies).to_have_count(2)
        return self.tab.reply()


@pytest.mark.parametrize("by", ["page", "terminal", "request"])
def test_page_and_programs_watch_the_same_answer(
    model_owner: Person, model_server: OpenAIServer, line: Spreading, by: str
) -> None:
    gathering = Gathering(model_owner, line)
    gathering.begin(model_server)
    may_end = Event()
    with ExitStack() as exit_stack:
        gathering.watch(exit_stack)
        model_server.play(Script(halves(may_end)))
        reply = gathering.ask(by)
        check_that_all_are_at_it(gathering, reply)
        gathering.cut(reply, exit_stack)
        may_end.set()

        reply.expect_status("complete")
        check_that_all_have_it(gathering, reply)


def test_programs_are_shut_out_the_moment_their_token_is_revoked(
    model_owner: Person, model_server: OpenAIServer, line: Spreading
) -> None:
    gathering = Gathering(model_owner, line)
    gathering.begin(model_server)
    with ExitStack() as exit_stack:
        gathering.watch(exit_stack)
        page = gathering.owner.open("/settings/tokens/").page
        page.get_by_role("link", name="Revoke A program").click()
        page.get_by_role("button", name="Revoke").click()

        assert [program.ended() for program in (gathering.terminal, gathering.typescript)] == [1, 1]
        assert gathering.curl.ended() == 0


def check_that_all_are_at_it(gathering: Gathering, reply: Reply) -> None:
    for program in (gathering.terminal, gathering.typescript):
        program.wait_for(BEGUN)
    gathering.curl.wait_for_text(reply.id, BEGUN)
    reply.expect_words()
    expect(reply.entry).to_have_attribute("data-status", "streaming")


def check_that_all_have_it(gathering: Gathering, reply: Reply) -> None:
    whole = gathering.owner.source(gathering.tab.path, reply.id)
    assert whole == MARKDOWN
    said = f"{BEFORE}> {QUESTION}\n\n{whole}\n\n"
    for program in (gathering.terminal, gathering.typescript):
        assert program.wait_for(said) == said
    gathering.curl.wait_for_end_of(reply.id)
    assert gathering.curl.text_of(reply.id, known=gathering.heard) == whole
    assert words_of(reply.text) == words_of(drawn(reply, whole))
