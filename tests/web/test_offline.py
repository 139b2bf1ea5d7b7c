"""The page that browsers keep for when there is no other."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from apps.accounts.actions import prefer
from apps.accounts.models import User

pytestmark = pytest.mark.django_db

WORKER = Path(settings.WHITENOISE_ROOT) / "worker.js"


def test_it_is_there_for_whoever_asks(client: Client) -> None:
    response = client.get("/offline/")

    assert response.status_code == 200
    assert "No connection to Colloquy" in response.content.decode()


def test_it_says_nothing_of_anybody_but_how_they_like_it(page: Client, owner: User) -> None:
    prefer(owner, theme="dark", language="de")

    html = page.get("/offline/").content.decode()

    assert "Keine Verbindung" in html
    assert 'data-theme="dark"' in html
    assert owner.email not in html
    assert "csrf" not in html


def test_all_its_parts_are_marked_for_the_worker(client: Client) -> None:
    html = client.get("/offline/").content.decode()
    parts = re.findall(r'<(?:link rel="stylesheet"|script)[^>]*(?:href|src)="([^"]+)"', html)

    assert len(parts) == 5
    assert [part for part in parts if not part.endswith("?offline")] == []


def test_another_look_is_another_worker(page: Client, owner: User) -> None:
    def worker() -> str:
        [address] = re.findall(r'data-worker="([^"]+)"', page.get("/").content.decode())
        return address

    before = worker()
    prefer(owner, theme="dark")

    assert before.partition("?")[0] == worker().partition("?")[0] == f"/{WORKER.name}"
    assert before != worker()


def test_the_worker_stands_at_the_root_where_it_may_watch_every_page(client: Client) -> None:
    response = client.get("/worker.js")

    assert response["Content-Type"].startswith("text/javascript")
    assert response.getvalue() == WORKER.read_bytes()
