"""Whether this installation can serve: each of its parts is asked, and answers under its name."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import cache

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Now

from apps.bridge import in_lease
from apps.chat.models import Message, Status
from apps.events import mailbox
from apps.generation.models import Worker
from apps.ops.models import Beat

OK, AWAY, UNKNOWN, SILENT, BEHIND = "ok", "away", "unknown", "no beat", "migrations missing"
TASKS = "tasks"
TASKS_STALE = timedelta(seconds=45)  # without a beat of Celery's for this long, it stands still
ANSWER_WITHIN = 3.0  # seconds
MOST_COUNTED = 1_000  # replies


async def readiness() -> dict[str, str]:
    """What each part answers: `ok`, or what ails it."""
    stored, bus = await asyncio.gather(_stored(), _bus())
    return {**stored, "bus": bus}


async def _stored() -> dict[str, str]:
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            return await in_lease(_ask_all)()
    except (DatabaseError, InterfaceError, TimeoutError):
        return {"database": AWAY, **dict.fromkeys(STORED, UNKNOWN)}


async def _bus() -> str:
    try:
        await mailbox.hear_itself()
    except Exception:  # noqa: BLE001 - whatever ails the layer, it is not there for us
        return AWAY
    return OK


async def own_readiness() -> dict[str, str]:
    """What a web process cannot do without: it serves though bus, engines and tasks stand still."""
    stored = await _stored()
    return {name: stored[name] for name in ("database", "migrations")}


async def backlog() -> dict[str, int]:
    """How many replies wait, and how many engines there are for them; nothing while the database is away."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            return await in_lease(_backlog)()
    except (DatabaseError, InterfaceError, TimeoutError):
        return {}


def _backlog() -> dict[str, int]:
    queued = Message.objects.filter(status=Status.QUEUED).values("pk")[:MOST_COUNTED]
    return {"queued": queued.count(), "engines": Worker.objects.alive().count()}


def _ask_all() -> dict[str, str]:
    connection.ensure_connection()
    return {"database": OK, **{name: ask() for name, ask in STORED.items()}}


def _migrations() -> str:
    return OK if _newest() <= MigrationRecorder(connection).applied_migrations().keys() else BEHIND


@cache
def _newest() -> frozenset[tuple[str, str]]:
    """The last migration of each app, as this version knows it; the database may be ahead."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def _engine() -> str:
    return OK if Worker.objects.alive().exists() else SILENT


def _tasks() -> str:
    fresh = Beat.objects.filter(name=TASKS, beat_at__gte=Now() - TASKS_STALE)
    return OK if fresh.exists() else SILENT


STORED: dict[str, Callable[[], str]] = {"migrations": _migrations, "engine": _engine, TASKS: _tasks}
