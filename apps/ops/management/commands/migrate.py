"""Django's own, one at a time, without the limits that keep a frozen process from holding up the others.

A migration may wait for a table's lock, or compute in the middle of its transaction, as long as it takes.
Whoever comes while another migrates waits until it is done, and finds nothing left to do.
"""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

LOCK = 0x636F6C6C  # a number of ours among PostgreSQL's advisory locks; it goes with the connection
LIMITS = ("lock_timeout", "idle_in_transaction_session_timeout")


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        limits = LIMITS if connection.vendor == "postgresql" else ()
        with connection.cursor() as cursor:
            for limit in limits:
                cursor.execute(f"SET {limit} = 0")
            if limits:
                cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            super().handle(*args, **options)
        finally:
            with connection.cursor() as cursor:
                if limits:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
                for limit in limits:
                    cursor.execute(f"RESET {limit}")
