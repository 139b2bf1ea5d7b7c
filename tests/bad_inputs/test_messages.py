import json
import re
import uuid

import pytest

from tests.bad_inputs.expand import Entry, entries
from tests.bad_inputs.mutations import MESSAGES
from tests.bad_inputs.outcomes import OUTCOMES
from tests.bad_inputs.people import Person

TEXTS = [e for e in entries("msg_unicode") + MESSAGES if e.outcome in OUTCOMES]
HALVES = re.compile("[\ud800-\udfff]")
FORMABLE = [e for e in TEXTS if not HALVES.search(e.value)]
TOLD_AS_THEY_ARE = [e for e in TEXTS if e.id in {"MU-034", "MU-035", "MU-015", "MU-017"}]


def name(entry: Entry) -> str:
    return entry.id


@pytest.mark.parametrize("entry", TEXTS, ids=name)
async def test_message_has_its_outcome_and_again_the_same(entry: Entry, alice: Person) -> None:
    async with alice.page() as page:
        first = await page.send(entry.value)
        again = await page.send(entry.value)

    assert OUTCOMES[entry.outcome](entry.value, first), first
    assert again == first


@pytest.mark.embedded_only
@pytest.mark.parametrize("entry", FORMABLE, ids=name)
def test_message_has_its_outcome_in_a_form(entry: Entry, alice: Person) -> None:
    verdict = alice.send_by_form(str(uuid.uuid4()), entry.value)

    assert OUTCOMES[entry.outcome](entry.value, verdict), verdict


@pytest.mark.embedded_only
@pytest.mark.parametrize("entry", TEXTS, ids=name)
def test_message_has_its_outcome_in_an_edit(entry: Entry, alice: Person) -> None:
    conversation = str(uuid.uuid4())
    alice.send_by_form(conversation, "wrong")

    verdict = alice.edit_by_form(conversation, entry.value)

    assert OUTCOMES[entry.outcome](entry.value, verdict), verdict


@pytest.mark.embedded_only
@pytest.mark.parametrize("entry", [entry for entry in TEXTS if entry not in FORMABLE], ids=name)
def test_form_drops_what_the_socket_drops(entry: Entry, alice: Person) -> None:
    verdict = alice.send_by_form(str(uuid.uuid4()), entry.value)

    assert OUTCOMES[entry.outcome](entry.value, verdict), verdict


@pytest.mark.parametrize("entry", TOLD_AS_THEY_ARE, ids=name)
async def test_model_is_told_a_message_as_one_turn_of_the_user(entry: Entry, alice: Person) -> None:
    async with alice.page() as page:
        await page.send(entry.value)
        await page.reply("complete")
        await page.send("!echo")
        await page.reply("complete", beyond=1)
    told = json.loads(alice.sources(page.conversation, "assistant")[-1])

    assert [turn["role"] for turn in told] == ["user", "assistant", "user"]
    assert told[0]["content"] == entry.value
