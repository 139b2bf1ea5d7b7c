import os
import subprocess
import sys
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.chat.models import Message, Status
from apps.generation import workers
from apps.generation.claim import claim_waiting
from apps.generation.models import LEASE, Worker
from apps.generation.sweep import sweep

pytestmark = pytest.mark.django_db
MYSELF, OTHER = uuid.uuid4(), uuid.uuid4()
LONG_AGO = LEASE + timedelta(seconds=1)


@pytest.fixture
def other(reply) -> Worker:
    """A worker elsewhere that writes the reply; the demo model can go on with it."""
    claim_waiting(OTHER, room=1)
    return Worker.objects.create(pk=OTHER, host="elsewhere", pid=1, beat_at=timezone.now())


def status_of(reply: Message) -> str:
    return Message.objects.get(pk=reply.pk).status


def test_a_worker_that_beats_keeps_its_replies(reply, other):
    assert sweep(MYSELF, by_lease=True) == 0
    assert status_of(reply) == Status.STREAMING


def test_a_worker_whose_lease_ran_out_loses_them(reply, other):
    Worker.objects.update(beat_at=timezone.now() - LONG_AGO)

    assert sweep(MYSELF, by_lease=True) == 1
    assert status_of(reply) == Status.QUEUED
    assert not Worker.objects.filter(pk=OTHER).exists()


def test_who_has_not_beaten_for_a_lease_itself_judges_nobody_by_theirs(reply, other):
    Worker.objects.update(beat_at=timezone.now() - LONG_AGO)

    assert sweep(MYSELF, by_lease=False) == 0
    assert status_of(reply) == Status.STREAMING


def test_a_worker_that_left_no_row_is_dead(reply, other):
    Worker.objects.all().delete()

    assert sweep(MYSELF, by_lease=False) == 0
    assert sweep(MYSELF, by_lease=True) == 1


def test_a_dead_process_of_this_host_needs_no_lease(reply, other):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    Worker.objects.update(host=workers.HOST, pid=gone.pid)

    assert sweep(MYSELF, by_lease=False) == 1
    assert status_of(reply) == Status.QUEUED


def test_a_worker_that_had_our_process_id_is_dead(reply, other):
    Worker.objects.update(host=workers.HOST, pid=os.getpid())

    assert sweep(MYSELF, by_lease=False) == 1


def test_a_living_process_of_this_host_is_left_alone(reply, other):
    Worker.objects.update(host=workers.HOST, pid=os.getppid())

    assert sweep(MYSELF, by_lease=False) == 0


def test_it_takes_nothing_from_itself(reply):
    workers.beat(MYSELF)
    claim_waiting(MYSELF, room=1)
    Worker.objects.update(beat_at=timezone.now() - LONG_AGO)

    assert sweep(MYSELF, by_lease=True) == 0


def test_a_beat_registers_and_renews(db):
    workers.beat(MYSELF)
    Worker.objects.update(beat_at=timezone.now() - LONG_AGO)

    workers.beat(MYSELF)

    assert not Worker.objects.stale().exists()
