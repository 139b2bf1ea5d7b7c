"""Celery inside the web process, for installations without a broker: a worker thread and a beat thread."""

import threading

from celery import Celery
from celery.beat import EmbeddedService

THREADS = 2


class BackgroundTasks:
    """Runs Celery tasks off an in-process broker until `stop`, which lets running ones end."""

    def __init__(self, app: Celery) -> None:
        # WorkController, because Worker would install signal handlers, which only the main thread may.
        self._worker = app.WorkController(
            pool_cls="threads",
            concurrency=THREADS,
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
        )
        self._beat = EmbeddedService(app, thread=True, scheduler_cls=app.conf.beat_scheduler)

    def start(self) -> None:
        threading.Thread(target=self._worker.start, name="celery-worker", daemon=True).start()
        self._beat.start()  # type: ignore[union-attr]  # a thread, as asked for

    def stop(self) -> None:
        self._beat.stop()
        self._worker.stop()
