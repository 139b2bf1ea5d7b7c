"""The lease: a worker registers, beats, and leaves."""

import os
import socket
from uuid import UUID

from django.db.models.functions import Now

from apps.generation.models import Worker

HOST = socket.gethostname()


def beat(worker_id: UUID) -> None:
    """Say that this worker lives; registers it if its row is not there."""
    if not Worker.objects.filter(pk=worker_id).update(beat_at=Now()):
        Worker.objects.create(pk=worker_id, host=HOST, pid=os.getpid(), beat_at=Now())


def leave(worker_id: UUID) -> None:
    """Give the lease up: whatever this worker still owns is anyone's."""
    Worker.objects.filter(pk=worker_id).delete()


def is_dead_here(worker: Worker, *, myself: UUID) -> bool:
    """Whether `worker` ran on this host under a process id that is gone, or is ours by now."""
    if worker.host != HOST or worker.pk == myself:
        return False
    return worker.pid == os.getpid() or not _runs(worker.pid)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
