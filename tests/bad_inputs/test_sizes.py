import asyncio
import json
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.bad_inputs.expand import Entry, entries
from tests.bad_inputs.mutations import SIZES
from tests.bad_inputs.outcomes import OUTCOMES
from tests.bad_inputs.people import CSRF_TOKEN, Person, form
from tests.bad_inputs.surroundings import resident
from tests.support.product import Product

Undisturbed = Callable[[], AbstractContextManager[None]]
MIB = 1 << 20
TOO_BIG = 1009  # the close code for a message that is too big
ENTRIES = {entry.id: entry for entry in entries("msg_size")}
TEXTS = [entry for entry in [*ENTRIES.values(), *SIZES] if entry.outcome in OUTCOMES]
HISTORY = """
from apps.chat import actions
from apps.accounts.models import User
from apps.chat.models import Conversation, Message, Role
from django.utils import timezone
owner = User.objects.get(email={email!r})
conversation = Conversation.objects.create(
    pk={pk!r}, owner=owner, title_state="user", model_name="scripted-1", updated_at=timezone.now(), rev=1
)
parent = None
for depth in range({messages}):
    row = {{"role": Role.ASSISTANT if depth % 2 else Role.USER, "content": {unit!r} * {times}}}
    parent = conversation.messages.create(parent=parent, depth=depth, rev=1, **row)
Conversation.objects.filter(pk=conversation.pk).update(head=parent)
"""


def name(entry: Entry) -> str:
    return entry.id


@pytest.mark.parametrize("entry", TEXTS, ids=name)
async def test_size_has_its_outcome_on_every_path(
    entry: Entry, alice: Person, undisturbed: Undisturbed
) -> None:
    with undisturbed():
        async with alice.page() as page:
            verdict = await page.send(entry.value)
            again = await page.send(entry.value)
        by_form = alice.send_by_form(str(uuid.uuid4()), entry.value)

    assert OUTCOMES[entry.outcome](entry.value, verdict), verdict.code
    assert (again, by_form) == (verdict, verdict)


async def test_question_of_forty_thousand_lines_is_shown_at_once(alice: Person) -> None:
    async with alice.page() as page:
        await page.send(ENTRIES["MS-011"].value)
        await page.reply("complete")

    asked = time.perf_counter()
    assert len(alice.messages(page.conversation)) == 2
    assert time.perf_counter() - asked < 10  # what grows with the square takes minutes


def test_large_form_is_refused_early(alice: Person, product: Product, undisturbed: Undisturbed) -> None:
    memory = resident(product.pid)
    body = form(key=str(uuid.uuid4()), text=ENTRIES["MS-005"].value)

    with undisturbed():
        status = asyncio.run(_post_in_pieces(alice, [body], length=len(body)))

    assert status == 413
    assert resident(product.pid) - memory < 64


def test_endless_form_is_refused_early(alice: Person, product: Product, undisturbed: Undisturbed) -> None:
    memory = resident(product.pid)
    pieces = [b"key=12345678&text=", *[b"a" * MIB] * 512]

    with undisturbed():
        status = asyncio.run(_post_in_pieces(alice, pieces, length=None))

    assert status == 413
    assert resident(product.pid) - memory < 64


def test_form_is_read_as_far_as_it_said(alice: Person, product: Product, undisturbed: Undisturbed) -> None:
    memory = resident(product.pid)
    pieces = [b"key=1&text=", *[b"a" * MIB] * 512]

    with undisturbed():
        status = asyncio.run(_post_in_pieces(alice, pieces, length=1000))

    assert status == 422
    assert resident(product.pid) - memory < 64


async def test_large_frame_closes_the_socket(
    alice: Person, product: Product, undisturbed: Undisturbed
) -> None:
    memory = resident(product.pid)

    with undisturbed():
        code = await alice.close_code(json.dumps({"command": "send", "text": "a" * 16 * MIB}).encode())

    assert code == TOO_BIG
    assert resident(product.pid) - memory < 64


async def test_long_history_is_usable(alice: Person, product: Product, undisturbed: Undisturbed) -> None:
    spec, conversation = ENTRIES["MS-013"].input, str(uuid.uuid4())
    values = {**spec["content"], "messages": spec["messages"], "email": alice.email, "pk": conversation}
    product.manage("shell", "--command", HISTORY.format(**values))

    with undisturbed():
        async with alice.page(conversation) as page:
            await page.send("go on")
            reply = await page.reply("complete")

    assert reply.status == "complete"
    assert len(alice.get(f"/c/{conversation}/").content) < 4 * MIB
    assert max(len(frame.encode()) for frame in page.seen) < 4 * MIB


async def _post_in_pieces(person: Person, pieces: list[bytes], *, length: int | None) -> int:
    """The status that answers a body sent piece by piece."""
    host = person.base_url.removeprefix("http://")
    reader, writer = await asyncio.open_connection("127.0.0.1", int(host.partition(":")[2]))
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    head = [
        f"POST /c/{uuid.uuid4()}/send/ HTTP/1.1",
        f"Host: {host}",
        f"Cookie: {person.cookie}",
        f"X-CSRFToken: {CSRF_TOKEN}",
        f"Origin: {person.base_url}",
        "Content-Type: application/x-www-form-urlencoded",
        size,
    ]
    writer.write("\r\n".join([*head, "", ""]).encode())
    sending = asyncio.create_task(_send(writer, pieces, chunked=length is None))
    try:
        answer = await asyncio.wait_for(reader.readline(), 20)
        return int(answer.split()[1])
    finally:
        sending.cancel()
        writer.close()
        await asyncio.gather(sending, writer.wait_closed(), return_exceptions=True)


async def _send(writer: asyncio.StreamWriter, pieces: list[bytes], *, chunked: bool) -> None:
    for piece in pieces:
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        try:
            await writer.drain()
        except ConnectionError:
            return
