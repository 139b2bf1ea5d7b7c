import uuid
from typing import Any
from unittest.mock import patch

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from apps.generation.models import Worker
from apps.ops.probes import Probes
from tests.support.running import running_bus

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "a token for those who scrape"


async def pages(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"no such page"})


async def asked(path: str, **headers: str) -> tuple[int, str]:
    spelled = [(name.encode(), value.encode()) for name, value in headers.items()]
    async with running_bus():
        talk = ApplicationCommunicator(Probes(pages), {"type": "http", "path": path, "headers": spelled})
        start, body = [await talk.receive_output() for _ in range(2)]
    return start["status"], body["body"].decode()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "10.1.2.3", "no such host"])
async def test_liveness_is_told_under_any_name(host: str) -> None:
    assert await asked("/livez", host=host) == (200, "ok\n")


def test_pages_are_told_under_ours_alone() -> None:
    assert Client().get("/accounts/login/", headers={"host": "elsewhere.example"}).status_code == 400


async def test_a_web_process_is_well_without_engines_and_tasks() -> None:
    assert await asked("/readyz/self") == (200, '{"database":"ok","migrations":"ok"}\n')


async def test_a_web_process_is_ill_without_its_database() -> None:
    with patch("apps.ops.readiness._ask_all", side_effect=OperationalError):
        assert (await asked("/readyz/self"))[0] == 503


@pytest.mark.parametrize(
    "authorization", ["", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer ", "Bearer ä"]
)
async def test_counters_are_absent_for_whoever_bears_no_token(settings: Any, authorization: str) -> None:
    settings.METRICS_TOKEN = TOKEN

    assert await asked("/metrics", authorization=authorization) == (404, "no such page")


async def test_counters_are_absent_where_there_is_no_token(settings: Any) -> None:
    settings.METRICS_TOKEN = ""

    assert await asked("/metrics", authorization="Bearer ") == (404, "no such page")


async def test_counters_are_shown_to_whoever_bears_the_token(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    await sync_to_async(Worker.objects.create)(id=uuid.uuid4(), host="here", pid=1, beat_at=timezone.now())

    status, body = await asked("/metrics", authorization=f"Bearer {TOKEN}")

    assert status == 200
    assert "colloquy_engines 1.0\n" in body
    assert "colloquy_replies_queued 0.0\n" in body
    assert "process_resident_memory_bytes" in body


async def test_counters_are_shown_without_the_database(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    with patch("apps.ops.readiness._backlog", side_effect=OperationalError):
        assert (await asked("/metrics", authorization=f"Bearer {TOKEN}"))[0] == 200
