import json
import re
import uuid
from uuid import UUID

import pytest

from tests.bad_inputs.expand import Entry, entries
from tests.bad_inputs.mutations import TITLES, UPSTREAM_TITLES
from tests.bad_inputs.outcomes import OUTCOMES
from tests.bad_inputs.people import Person
from tests.bad_inputs.surroundings import until
from tests.support.product import Product

ENTRIES = entries("title")
GIVEN = [entry for entry in [*ENTRIES, *TITLES] if entry.generator != "upstream_title"]
FORMABLE = [e for e in GIVEN if isinstance(e.value, str) and not re.search("[\ud800-\udfff]", e.value)]
MODELS = [entry.input["text"] for entry in ENTRIES if entry.generator == "upstream_title"] + UPSTREAM_TITLES
LONGEST_BY_MODEL = 80
STATE = "SELECT title_state FROM chat_conversation WHERE REPLACE(CAST(id AS TEXT), '-', '') = %s"
TAGS = re.compile(r"<(img|script|svg)\b[^>]*(__pwn|onerror|onload)")


def name(entry: Entry) -> str:
    return entry.id


@pytest.mark.parametrize("entry", GIVEN, ids=name)
async def test_title_has_its_outcome_and_again_the_same(entry: Entry, alice: Person) -> None:
    async with alice.page() as page:
        await page.send("hello")
        before = alice.title(page.conversation)
        verdict = await page.rename(entry.value)
        again = await page.rename(entry.value)

    assert OUTCOMES[entry.outcome](entry.value, verdict), verdict
    assert again == verdict
    assert verdict.stored or alice.title(page.conversation) in {before, "A scripted title"}


@pytest.mark.embedded_only
@pytest.mark.parametrize("entry", FORMABLE, ids=name)
def test_title_has_its_outcome_in_a_form(entry: Entry, alice: Person) -> None:
    conversation = str(uuid.uuid4())
    alice.send_by_form(conversation, "hello")

    verdict = alice.rename_by_form(conversation, entry.value)

    assert OUTCOMES[entry.outcome](entry.value, verdict), verdict


async def test_title_is_inert_wherever_it_is_shown(alice: Person, admin: Person) -> None:
    hostile = next(entry for entry in ENTRIES if entry.outcome == "inert").value
    async with alice.page() as page:
        await page.send("hello")
        await page.rename(hostile)
        await page.seeing("&lt;script&gt;")
    places = ["".join(page.seen), alice.get(f"/c/{page.conversation}/").text]
    places.append(admin.get("/admin/chat/conversation/").text)

    assert all("&lt;script&gt;__pwn(900)" in place for place in places)
    assert not any(hostile in place for place in places)


@pytest.mark.parametrize("answer", MODELS, ids=range(len(MODELS)))
async def test_title_of_a_model_is_one_short_inert_line(
    answer: object, alice: Person, product: Product
) -> None:
    async with alice.page() as page:
        await page.send(f"!title {json.dumps(answer)}")
        await page.reply("complete")
    done = until(lambda: product.query(STATE, UUID(page.conversation).hex) == [("done",)])
    title = alice.title(page.conversation)

    assert done
    assert title
    assert len(title) <= LONGEST_BY_MODEL
    assert not re.search(r"[\0-\x1f\x7f-\x9f\ud800-\udfff]", title)
    assert not TAGS.search(alice.get("/").text)
