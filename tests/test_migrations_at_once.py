from threading import Thread

import pytest
from django.core.management import call_command
from django.db import connection

from apps.ops.management.commands.migrate import LOCK

pytestmark = pytest.mark.django_db(transaction=True)


def migrate() -> None:
    try:
        call_command("migrate", verbosity=0)
    finally:
        connection.close()


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_whoever_migrates_second_waits_for_the_first() -> None:
    second = Thread(target=migrate)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        second.start()
        second.join(timeout=1)
        waited = second.is_alive()
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    second.join(timeout=30)

    assert waited
    assert not second.is_alive()


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_nothing_stays_locked_behind_it() -> None:
    call_command("migrate", verbosity=0)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        assert cursor.fetchone() == (0,)
