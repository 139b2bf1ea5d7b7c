import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

import pytest

from apps.web.wording import ERRORS, STOPPED
from tests.bad_inputs.expand import entries
from tests.bad_inputs.people import Person, Shown
from tests.bad_inputs.surroundings import until
from tests.support.openai_behaviours import BEHAVIOURS
from tests.support.product import Product

Undisturbed = Callable[[], AbstractContextManager[None]]
ENTRIES = {entry.id: entry.input["behaviour"] for entry in entries("upstream")}
SILENT, HEAVY, GONE = {"UP-003", "UP-004"}, {"UP-033", "UP-034", "UP-038"}, {"UP-042", "UP-043"}
MORE = (
    "split_surrogates",
    "length",
    "no_done",
    "tool_calls",
    "deep_error",
    "endless_line",
    "endless_comments",
    "deep_json",
    "not_json",
    "bomb_in_error",
    "error_in_the_middle",
    "cut_in_a_line",
    "reset_in_the_middle",
)
PLAIN = [name for id_, name in ENTRIES.items() if id_ not in SILENT | HEAVY | GONE]
LONGEST_REPLY = 400_000
TEXTS = {  # what is kept of those that are mended
    "invalid_utf8": "before \ufffd\ufffd",
    "nul": "ab",
    "lone_surrogate": "abc",
    "split_surrogates": "a\U0001f600b",
    "empty_choices": "The beginning ",
    "missing_choices": "The beginning ",
    "two_choices": "The beginning ",
    "unknown_event": "The beginning ",
    "same_id_twice": "The beginning ",
}
NOTHING_SAID = {"tool_calls": "bad_response"}  # finished, but without a word for the reader
CONTENT = """
    SELECT m.status, LENGTH(m.content) FROM chat_message m
    WHERE m.role = 'assistant' AND REPLACE(CAST(m.conversation_id AS TEXT), '-', '') = %s
"""


@pytest.mark.parametrize("behaviour", [*PLAIN, *MORE])
async def test_reply_ends_readably_and_the_socket_goes_on(behaviour: str, alice: Person) -> None:
    question = f"!behaviour {behaviour}"
    async with alice.page() as page:
        await page.send(question)
        reply = await page.reply()
        await page.send("and now?")
        await page.reply("complete", beyond=1)
    shown = alice.messages(page.conversation)

    assert alice.source(page.conversation, shown[0].id) == question
    assert (shown[1].status, shown[1].problem) == (reply.status, reply.problem)
    _assert_as_expected(behaviour, reply, alice.source(page.conversation, reply.id))


@pytest.mark.parametrize("id_", sorted(SILENT))
async def test_silent_model_is_stopped_and_asked_again(id_: str, alice: Person) -> None:
    async with alice.page() as page:
        await page.send(f"!behaviour {ENTRIES[id_]}")
        for attempt in range(2):
            running = await page.reply("streaming", beyond=0)
            await page.command("stop", message=running.id)
            stopped = await page.reply("stopped")
            assert stopped.problem == str(STOPPED)
            if attempt == 0:
                await page.command("regenerate", message=stopped.id, key=str(uuid.uuid4()))


@pytest.mark.parametrize("behaviour", [ENTRIES[id_] for id_ in sorted(HEAVY)] + ["bomb_of_text"])
async def test_flood_is_cut_at_the_limit_and_disturbs_nobody(
    behaviour: str, alice: Person, undisturbed: Undisturbed
) -> None:
    async with alice.page() as page:
        with undisturbed():
            await page.send(f"!behaviour {behaviour}")
            reply = await page.reply(within=60)
    text = alice.source(page.conversation, reply.id)

    if BEHAVIOURS[behaviour].outcome == "endless":
        assert (reply.status, len(text)) == ("interrupted", LONGEST_REPLY)
        assert reply.problem == str(ERRORS["reply_too_long"])
    else:
        _assert_as_expected(behaviour, reply, text)


async def test_answer_to_a_deleted_conversation_is_dropped(alice: Person, product: Product) -> None:
    async with alice.page() as page:
        await page.send(f"!behaviour {ENTRIES['UP-042']}")
        await page.reply("streaming")
        await page.command("delete")
    over = until(lambda: product.query(CONTENT, UUID(page.conversation).hex) == [("stopped", 0)])

    assert over, product.query(CONTENT, UUID(page.conversation).hex)
    assert alice.get(f"/c/{page.conversation}/").status_code == 404


async def test_answer_to_a_deactivated_user_is_dropped(
    alice: Person, admin: Person, product: Product
) -> None:
    async with alice.page() as page:
        await page.send(f"!behaviour {ENTRIES['UP-043']}")
        await page.reply("streaming")
        admin.deactivate(alice)
    over = until(lambda: product.query(CONTENT, UUID(page.conversation).hex) == [("stopped", 0)])

    assert over, product.query(CONTENT, UUID(page.conversation).hex)
    assert alice.get("/").status_code == 302


def _assert_as_expected(behaviour: str, reply: Shown, text: str) -> None:
    outcome = (
        BEHAVIOURS[behaviour].outcome if text else NOTHING_SAID.get(behaviour, BEHAVIOURS[behaviour].outcome)
    )
    if outcome == "complete":
        assert (reply.status, reply.problem.startswith("The answer reached")) == (
            "complete",
            behaviour == "length",
        )
        assert text == TEXTS.get(behaviour, text)
        assert text
    else:
        assert reply.status == ("interrupted" if text else "failed")
        assert reply.problem == str(ERRORS[outcome])
        assert reply.offers("regenerate")
