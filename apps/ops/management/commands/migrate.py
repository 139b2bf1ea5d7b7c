"""Django's own, without the limits that keep a frozen process from holding up the others.

A migration may wait for a table's lock, or compute in the middle of its transaction, as long as it takes.
"""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

LIMITS = ("lock_timeout", "idle_in_transaction_session_timeout")


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        limits = LIMITS if connection.vendor == "postgresql" else ()
        with connection.cursor() as cursor:
            for limit in limits:
                cursor.execute(f"SET {limit} = 0")
        try:
            super().handle(*args, **options)
        finally:
            with connection.cursor() as cursor:
                for limit in limits:
                    cursor.execute(f"RESET {limit}")
