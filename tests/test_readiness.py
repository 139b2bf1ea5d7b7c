"""Readiness: each part is asked, and a fault has its name."""

import json
import uuid
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.utils import timezone

from apps.events import mailbox
from apps.generation.models import LEASE, Worker
from apps.ops import readiness, tasks
from apps.ops.models import Beat
from apps.ops.probes import Probes
from tests.support.running import running_bus

pytestmark = pytest.mark.django_db(transaction=True)
ALL_OK = dict.fromkeys(("database", "migrations", "engine", "tasks", "bus"), "ok")


@pytest.fixture
def worker(db: None) -> Worker:
    tasks.beat()
    return Worker.objects.create(id=uuid.uuid4(), host="here", pid=1, beat_at=timezone.now())


async def asked() -> dict[str, str]:
    async with running_bus():
        return await readiness.readiness()


async def answer(path: str = "/readyz") -> tuple[int, dict[str, str]]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def pages(*_: object) -> None:
        sent.extend([{"status": 404}, {"body": "{}"}])

    async with running_bus():
        await Probes(pages)({"type": "http", "path": path}, None, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


async def test_every_part_answers(worker: Worker) -> None:
    assert await asked() == ALL_OK
    assert await answer() == (200, ALL_OK)


async def test_an_engine_without_a_beat_is_missed(worker: Worker) -> None:
    late = timezone.now() - LEASE - timedelta(seconds=1)
    await sync_to_async(Worker.objects.update)(beat_at=late)

    assert await answer() == (503, {**ALL_OK, "engine": "no beat"})


async def test_tasks_that_stand_still_are_missed(worker: Worker) -> None:
    late = timezone.now() - readiness.TASKS_STALE - timedelta(seconds=1)
    await sync_to_async(Beat.objects.update)(beat_at=late)

    assert await asked() == {**ALL_OK, "tasks": "no beat"}


async def test_a_database_that_is_behind_this_version_is_named(worker: Worker) -> None:
    with patch.object(readiness, "_newest", return_value=frozenset({("chat", "9999_of_tomorrow")})):
        assert await asked() == {**ALL_OK, "migrations": "migrations missing"}


async def test_without_the_database_nothing_is_known_of_what_it_holds(worker: Worker) -> None:
    with patch.object(readiness, "_ask_all", side_effect=OperationalError):
        found = await asked()

    assert found == {**dict.fromkeys(ALL_OK, "unknown"), "database": "away", "bus": "ok"}


async def test_a_channel_layer_that_brings_nothing_back_is_away(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Mute:
        async def group_send(self, *_: object) -> None: ...

    monkeypatch.setattr("apps.events.PUBLISH_TIMEOUT", 0.05)
    async with running_bus():
        monkeypatch.setattr("apps.events.get_channel_layer", Mute)
        with pytest.raises(TimeoutError):
            await mailbox.hear_itself()
        assert await readiness.readiness() == {**ALL_OK, "bus": "away"}


async def test_every_other_path_goes_on_to_the_pages(worker: Worker) -> None:
    assert await answer("/readyz/more") == (404, {})
