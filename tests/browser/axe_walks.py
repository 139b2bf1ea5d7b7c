"""Ways through the chat that pass one state after another."""

import json
from collections.abc import Callable, Iterator

from playwright.sync_api import Page, expect

from tests.browser.axe_states import answered
from tests.browser.test_queue import put
from tests.browser.test_without_scripts import keep
from tests.support.browser import REPLY_WITHIN, Person
from tests.support.line import Line
from tests.web.markdown_corpus import documents

Stops = Iterator[tuple[str, Page]]
Walk = Callable[[Person], Stops]

MIXED = ["هذا جسر معلق", "זהו גשר תלוי", "- [x] arch\n- [ ] beam"]  # from right to left, and tasks
WRITE = """
import json
from django.utils import timezone
from apps.accounts.models import User
from apps.chat.models import Conversation, Message
conversation = Conversation.objects.create(
    owner=User.objects.get(email={email!r}), title="Written", title_state="user", model_name="demo",
    updated_at=timezone.now(),
)
parent, rows = None, []
for depth, text in enumerate(json.loads({texts!r})):
    role, reason = ("assistant", "stop") if depth % 2 else ("user", "")
    parent = Message(
        conversation=conversation, parent=parent, depth=depth, role=role, content=text, rev=1,
        finish_reason=reason, model_name="demo",
    )
    rows.append(parent)
Message.objects.bulk_create(rows)
conversation.head, conversation.rev = parent, 1
conversation.save()
print(conversation.pk)
"""


def written(person: Person, *replies: str) -> str:
    """The path of a conversation in which these were the answers."""
    assert person.account
    texts = json.dumps([text for reply in replies for text in ("What is it?", reply)])
    script = WRITE.format(email=person.account.email, texts=texts)
    return f"/c/{person.product.manage('shell', '--verbosity', '0', '--command', script).strip()}/"


def over_a_message(person: Person) -> Stops:
    tab = answered(person)
    page, reply = tab.page, tab.reply()
    reply.press("More")
    expect(page.locator(".message .menu:popover-open")).to_be_visible()
    yield "menu", page
    reply.entry.get_by_role("link", name="Details").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".attempts > li")).to_have_count(1)
    yield "details", page
    dialog.get_by_role("button", name="Close").click()
    reply.press("Bad answer")
    reply.entry.get_by_role("link", name="Add a note").click()
    expect(dialog.get_by_role("textbox")).to_be_focused()
    yield "note", page
    dialog.get_by_role("textbox").fill("Too short.")
    dialog.get_by_role("button", name="Save").click()
    expect(reply.entry.get_by_role("link", name="Your note")).to_be_visible()
    yield "noted", page


def while_messages_wait(person: Person) -> Stops:
    tab = person.open()
    reply = tab.send("/error unauthorized 400")
    put(tab, "And how long may such a bridge be, at the most?")
    yield "queued", tab.page
    tab.page.locator(".queued summary").click()
    expect(tab.page.locator(".queued textarea")).to_be_visible()
    yield "revised", tab.page
    tab.page.locator(".queued [data-cancel]").click()
    if reply.entry.get_attribute("data-status") == "streaming":
        reply.expect_status("interrupted", timeout=2 * REPLY_WITHIN)
    expect(tab.page.locator(".queue-state.is-paused")).to_be_visible()
    yield "paused", tab.page


def with_much_to_say(person: Person) -> Stops:
    tab = person.open()
    for text in ("one thought", "another thought"):
        keep(tab, text, path="/")
    tab.page.reload()
    expect(tab.page.locator(".other-draft")).to_be_visible()
    yield "drafts", tab.page
    for name, length in (("near the limit", 199_990), ("too long", 200_012)):
        tab.composer.fill("x" * length)
        expect(tab.page.locator("#composer-limit")).not_to_be_empty()
        yield name, tab.page


def without_a_connection(person: Person) -> Stops:
    line = Line(person.context)
    tab = answered(person, ("/long 3", "complete"))
    line.cut()
    tab.composer.fill("Is anybody there?")
    tab.composer.press("Enter")
    expect(tab.page.locator("#composer-note")).not_to_be_empty()
    expect(tab.page.locator("#connection")).not_to_be_empty()
    yield "lost", tab.page
    line.mend()
    tab.reply().expect_status("complete")


def in_the_list(person: Person) -> Stops:
    tab = person.open()
    tab.send("/slow 0.3 /long 30")
    tab.page.goto("/")
    expect(tab.page.locator(".conversation-dot-running")).to_be_visible()
    yield "running", tab.page
    expect(tab.page.locator(".conversation-dot-unread")).to_be_visible(timeout=REPLY_WITHIN)
    yield "unread", tab.page
    tab.menu("Long 30", "Rename")
    expect(tab.page.locator("#conversations input:focus")).to_be_visible()
    yield "renamed", tab.page
    tab.page.keyboard.press("Escape")
    tab.page.keyboard.press("Control+k")
    tab.page.keyboard.type("nowhere")
    expect(tab.page.locator(".palette-none")).to_be_visible()
    yield "palette, nothing found", tab.page


def instructing(person: Person) -> Stops:
    page = answered(person, ("/long 3", "complete")).page
    page.locator("#instructions-button").click()
    expect(page.locator("#instructions-text")).to_be_visible()
    yield "instructions", page


def reading(person: Person) -> Stops:
    page = person.open(written(person, *documents().values(), *MIXED)).page
    expect(page.locator("#messages > .message").last).to_be_visible()
    yield "documents", page
    page.locator("[data-wrap]").last.press("Enter")
    expect(page.locator(".is-wrapped")).to_be_attached()
    yield "wrapped", page


def far_back(person: Person) -> Stops:
    page = person.open(written(person, *["Because."] * 60)).page
    expect(page.locator("#older")).to_be_attached()
    page.evaluate("scrollTo({ top: 1500, behavior: 'instant' })")
    expect(page.locator("#jump")).to_be_visible()
    yield "jump", page


def choosing(person: Person) -> Stops:
    page = person.open(written(person, "Because.")).page
    expect(page.locator("#model-picker")).to_be_visible()
    yield "picker", page
    page.locator("[data-action=regenerate]").click()
    expect(page.locator(".menu:popover-open")).to_be_visible()
    yield "another model", page


WALKS = [
    over_a_message,
    while_messages_wait,
    with_much_to_say,
    without_a_connection,
    in_the_list,
    instructing,
    reading,
    far_back,
]
CHOICES = [choosing]
