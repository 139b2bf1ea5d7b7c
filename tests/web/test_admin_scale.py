"""The lists of the administration cost the same however much there is."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.chat.models import Conversation, Message
from apps.web.admin.lists import REACH
from tests.chat.test_reading import queries
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:chat_conversation_changelist")
PEOPLE = reverse("admin:accounts_user_changelist")
FEW, MANY = 4 * REACH, 100_000  # conversations
NEW_ID = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()"}
EARLIER = {
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', updated_at, '-' || %s || ' minutes')",
    "postgresql": "updated_at - %s * interval '1 minute'",
}
WITH_MESSAGES = 1_500  # of them, the latest
SEARCHED, SHORT, LONG = 1_000, 20, 100  # conversations, and messages of each
MOST_QUERIES = 20
MOST_MORE = 1.5  # times the work of few: trees have grown a level
NOISE = 10  # more is no growth, where there is next to nothing to do
WAYS = (
    "", "p=100", "status=failed", "status=running", "model=rare", "active=30", "deleted=yes", "q=person",
    "q=whale&content=1", "q=person&content=1&status=failed", "q={id}", "updated_at__year={year}",
    "updated_at__year={year}&updated_at__month={month}", "owner__id__exact={owner}",
    "owner__id__exact={owner}&q=whale&content=1",
)  # fmt: skip


def add(owners: list[User]) -> None:
    """FEW conversations, each a minute older than the one before."""
    now = timezone.now()
    rows = [
        Conversation(
            owner=owners[n % len(owners)],
            model_name="rare" if n % 1_000 == 0 else "demo",
            title=f"No. {n}",
            updated_at=now - timedelta(minutes=n),
            deleted_at=now if n % 50 == 0 else None,
        )
        for n in range(FEW)
    ]
    Conversation.objects.bulk_create(rows, batch_size=5_000)
    say(rows[:WITH_MESSAGES])
    measure()


def multiply() -> None:
    """As many, a time before those, and again, until there are MANY."""
    fields = {field.column for field in Conversation._meta.concrete_fields} - {"id", "updated_at", "head_id"}
    same = ", ".join(sorted(fields))
    with connection.cursor() as cursor:
        for time in range(1, MANY // FEW):
            cursor.execute(
                f"INSERT INTO chat_conversation (id, updated_at, {same}) "
                f"SELECT {NEW_ID[connection.vendor]}, {EARLIER[connection.vendor]}, {same} "
                f"FROM chat_conversation ORDER BY updated_at DESC LIMIT {FEW}",
                [time * FEW],
            )
    measure()


def measure() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def say(conversations: list[Conversation]) -> None:
    messages = [
        Message(conversation=row, role="assistant", content="Of whales.", rev=0, status="complete")
        for row in conversations
    ]
    Message.objects.bulk_create(messages)
    for row, message in zip(conversations, messages, strict=True):
        row.head = message
    Conversation.objects.bulk_update(conversations, ["head"], batch_size=500)


def go_on(first: int, last: int) -> None:
    """In each conversation, messages of these numbers."""
    fields = {field.column for field in Message._meta.concrete_fields} - {"id", "rev"}
    same = ", ".join(sorted(fields))
    numbers = ", ".join(f"({number})" for number in range(first, last))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH n(rev) AS (VALUES {numbers}) INSERT INTO chat_message (id, rev, {same}) "
            f"SELECT {NEW_ID[connection.vendor]}, n.rev, {same} FROM chat_message m, n WHERE m.rev = 0"
        )
    measure()


@contextmanager
def steps_counted() -> Iterator[list[int]]:
    """How often SQLite has done a hundred steps."""
    counted: list[int] = []
    connection.ensure_connection()
    connection.connection.set_progress_handler(lambda: counted.append(1) and None, 100)
    yield counted
    connection.connection.set_progress_handler(None, 0)


def work(ask: Callable[[], Any]) -> int:
    """What the database did: steps of its machine, or rows that it looked at."""
    if connection.vendor == "sqlite":
        with steps_counted() as counted:
            ask()
        return len(counted)
    with CaptureQueriesContext(connection) as captured:
        ask()
    return sum(rows_read(query["sql"]) for query in captured if query["sql"].startswith(("SELECT", "WITH")))


def rows_read(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql.replace('%', '%%')}")
        found = cursor.fetchone()[0]
    plan = found if isinstance(found, list) else json.loads(found)
    return sum(_rows_of(node) for node in _nodes(plan[0]["Plan"]) if "Relation Name" in node)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _rows_of(node: dict[str, Any]) -> int:
    return int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])


def test_a_hundred_thousand_conversations_cost_what_twenty_thousand_do(admin_client: Client) -> None:
    owners = [UserFactory() for _ in range(2)]
    add(owners)
    now, oldest = timezone.now(), Conversation.objects.order_by("updated_at")[0]
    place = {"owner": owners[0].pk, "id": oldest.pk, "year": now.year, "month": now.month}
    addresses = [f"{LIST}?{way.format(**place)}" for way in WAYS] + [PEOPLE, f"{PEOPLE}?q=person"]
    for address in addresses:  # what is written once only
        assert admin_client.get(address).status_code == 200
    few = {address: work(lambda address=address: admin_client.get(address)) for address in addresses}

    multiply()
    assert Conversation.objects.count() == MANY

    many = {address: work(lambda address=address: admin_client.get(address)) for address in addresses}
    assert {a: (few[a], many[a]) for a in addresses if many[a] > few[a] * MOST_MORE + NOISE} == {}
    assert max(queries(lambda a=a: admin_client.get(a)) for a in addresses) <= MOST_QUERIES


def test_long_conversations_cost_a_search_what_short_ones_do(admin_client: Client) -> None:
    owner, address = UserFactory(), f"{LIST}?q=nowhere&content=1"
    now = timezone.now()
    rows = [
        Conversation(owner=owner, model_name="demo", updated_at=now - timedelta(minutes=n))
        for n in range(SEARCHED)
    ]
    Conversation.objects.bulk_create(rows)
    say(rows)
    go_on(1, SHORT)
    admin_client.get(address)
    short = work(lambda: admin_client.get(address))

    go_on(SHORT, LONG)
    assert Message.objects.count() == SEARCHED * LONG

    assert work(lambda: admin_client.get(address)) <= short * MOST_MORE
