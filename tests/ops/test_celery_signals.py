import logging
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery

from apps import trace
from apps.metrics import registry
from apps.ops import celery_signals


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
def app(seen: list[str]) -> Iterator[Celery]:
    def note() -> None:
        seen.append(trace.request_id())

    def broken() -> None:
        raise ValueError("what-somebody-wrote")

    with Celery("test", broker="memory://", set_as_current=False) as app:
        app.task(note, name="note", shared=False)
        app.task(broken, name="break", shared=False)
        yield app


def run(app: Celery, name: str, **headers: str) -> None:
    """As a worker does with what it has taken from the broker."""
    task = app.tasks[name]
    task.apply(headers=headers)


def count(task: str, outcome: str) -> float:
    return registry.get_sample_value("colloquy_tasks_total", {"task": task, "outcome": outcome}) or 0


def test_a_task_is_sent_with_the_request_it_is_for() -> None:
    headers: dict[str, Any] = {}
    with trace.following("0123456789"):
        celery_signals._pass_request_on(headers=headers)

    assert headers == {"request_id": "0123456789"}


def test_a_task_runs_for_the_request_it_was_sent_with(app: Celery, seen: list[str]) -> None:
    run(app, "note", request_id="0123456789")
    run(app, "note")

    assert seen == ["0123456789", ""]
    assert trace.request_id() == ""


def test_tasks_are_counted_by_how_they_ended(app: Celery) -> None:
    before = count("note", "success"), count("break", "failure")

    run(app, "note")
    run(app, "break")

    assert (count("note", "success"), count("break", "failure")) == (before[0] + 1, before[1] + 1)


def test_a_failed_task_has_a_line(app: Celery, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "apps.ops.celery_signals"):
        run(app, "break")

    assert caplog.records[0].getMessage() == "Task break failed"
