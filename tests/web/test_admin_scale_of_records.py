"""What was noted and what was attempted is found as fast however much there is of it."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.generation.models import Generation
from apps.oversight.models import AuditEntry
from apps.web.admin.lists import REACH
from tests.factories import ReplyFactory
from tests.web.test_admin_scale import MOST_MORE, NOISE, measure, work

pytestmark = pytest.mark.django_db

FEW, TIMES = 4 * REACH, 2  # rows, and how often they are doubled
OWNERS, STAFF = 3, 2  # each with more than a list reaches
WAYS = (
    "", "what__exact=opened", "what__exact=titled", "owner_id__exact=1", "staff_id__exact=1", "q=nobody",
    "conversation_id__exact={it.conversation_id}", "what__exact=opened&staff_id__exact=1",
    "what__exact=opened&owner_id__exact={it.owner_id}",
)  # fmt: skip


def double(model: type[Model], **changed: str) -> None:
    """As many again, but for what is said of them in SQL."""
    table = model._meta.db_table
    same = sorted({field.column for field in model._meta.concrete_fields} - {"id", *changed})
    columns, values = ", ".join([*same, *changed]), ", ".join([*same, *changed.values()])
    with connection.cursor() as cursor:
        for _ in range(TIMES):
            cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table}")
    measure()


def costs(client: Client, addresses: list[str]) -> dict[str, int]:
    return {address: work(lambda address=address: client.get(address)) for address in addresses}


def test_a_reading_is_found_below_any_flood_of_titles(admin_client: Client) -> None:
    now = timezone.now()
    AuditEntry.objects.bulk_create(
        AuditEntry(
            at=now - timedelta(seconds=n), what="titled", staff_id=n % STAFF, owner_id=n % OWNERS,
            conversation_id=uuid.uuid4(),
        )
        for n in range(FEW)
    )  # fmt: skip
    entry = AuditEntry(what="opened", staff_id=1, owner_id=OWNERS, conversation_id=uuid.uuid4(), at=now)
    entry.save()
    measure()
    address = reverse("admin:oversight_auditentry_changelist")
    addresses = [f"{address}?{way.format(it=entry)}" for way in WAYS]
    costs(admin_client, addresses)
    few = costs(admin_client, addresses)

    double(AuditEntry)

    many = costs(admin_client, addresses)
    assert {a: (few[a], many[a]) for a in addresses if many[a] > few[a] * MOST_MORE + NOISE} == {}


def test_a_rare_end_of_attempts_is_found_among_any_number(admin_client: Client) -> None:
    message = ReplyFactory()
    worker = uuid.uuid4()
    Generation.objects.bulk_create(
        Generation(message=message, attempt=n, worker_id=worker, finish_reason="length" if n == 0 else "stop")
        for n in range(FEW)
    )
    measure()
    address = reverse("admin:generation_generation_changelist")
    addresses = [f"{address}?{way}" for way in ("", "o=1", "finish_reason__exact=length", "p=2")]
    costs(admin_client, addresses)
    few = costs(admin_client, addresses)

    double(
        Generation, attempt=f"attempt + (SELECT MAX(attempt) + 1 FROM {Generation._meta.db_table})",
        finish_reason="'stop'",
    )  # fmt: skip

    many = costs(admin_client, addresses)
    assert {a: (few[a], many[a]) for a in addresses if many[a] > few[a] * MOST_MORE + NOISE} == {}
