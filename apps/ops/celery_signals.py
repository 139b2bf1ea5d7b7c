"""What surrounds background tasks: whose request they serve, their log lines, counters and health."""

import logging
import time
from typing import Any

from celery import Task, signals
from celery.worker.consumer import Consumer

from apps import metrics, trace
from apps.ops.side_port import open_side_port

logger = logging.getLogger(__name__)

HEADER = "request_id"
ANSWER_WITHIN = 2.0  # seconds a worker has to hear itself through the broker
PUBLISHED_WITHIN = 45.0  # seconds; beat publishes every ten

_running: dict[str, tuple[float, Any]] = {}
_published = {"at": 0.0}


@signals.setup_logging.connect
def _keep_our_logging(**_: object) -> None:
    """That somebody listens keeps Celery from setting up its own."""


@signals.before_task_publish.connect
def _pass_request_on(headers: dict[str, Any] | None = None, **_: object) -> None:
    if headers is not None and trace.request_id():
        headers[HEADER] = trace.request_id()


@signals.after_task_publish.connect
def _note_publication(**_: object) -> None:
    _published["at"] = time.monotonic()


@signals.task_prerun.connect
def _begin(task_id: str, task: Task[Any, Any], **_: object) -> None:
    following = trace.following((task.request.headers or {}).get(HEADER, ""))
    following.__enter__()
    _running[task_id] = (time.monotonic(), following)


@signals.task_failure.connect
def _tell_failure(sender: Task[Any, Any], exception: BaseException, **_: object) -> None:
    logger.error("Task %s failed", sender.name, exc_info=exception)


@signals.task_postrun.connect
def _end(task_id: str, task: Task[Any, Any], state: str | None = None, **_: object) -> None:
    began, following = _running.pop(task_id, (time.monotonic(), None))
    seconds = time.monotonic() - began
    outcome = (state or "unknown").lower()
    metrics.TASKS.labels(task.name, outcome).inc()
    metrics.TASK_SECONDS.observe(seconds)
    level = logging.INFO if trace.request_id() or outcome != "success" else logging.DEBUG
    logger.log(level, "Task %s ended with %s after %d ms", task.name, outcome, seconds * 1000)
    if following:
        following.__exit__(None, None, None)


@signals.worker_ready.connect
def _look_after_worker(sender: Consumer, **_: object) -> None:
    def hears_itself() -> bool:
        pings = sender.app.control.ping(destination=[sender.hostname], timeout=ANSWER_WITHIN)
        return bool(pings)

    open_side_port(hears_itself)


@signals.beat_init.connect
def _look_after_beat(**_: object) -> None:
    _published["at"] = time.monotonic()
    open_side_port(lambda: time.monotonic() - _published["at"] < PUBLISHED_WITHIN)
