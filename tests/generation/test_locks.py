"""What becomes of whoever waits for a lock that a frozen process holds."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import OperationalError, connection, connections, transaction

from apps.chat.models import Message
from apps.chat.revisions import changing
from apps.generation.append import Piece, append

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor == "sqlite", reason="a file has one lock, and waits for it by itself"
    ),
]


def elsewhere(call: Callable[[], object]) -> object:
    """Call on a connection of its own, which waits but a moment for a lock."""

    def run() -> object:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SHOW lock_timeout")
                assert cursor.fetchone() == ("3s",)
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(timeout=30)


def change(message: Message) -> None:
    with changing(message.conversation_id, listed=True):
        pass


def test_who_waits_for_a_conversation_is_refused(reply):
    with changing(reply.conversation_id), pytest.raises(OperationalError):
        elsewhere(lambda: change(reply))


def test_the_journal_keeps_its_text_and_blames_no_piece(ask, reply):
    pieces = [Piece(message.pk, 0, 0, "Be") for message in (reply, ask())]
    Message.objects.filter(pk__in=[piece.message_id for piece in pieces]).update(status="streaming")

    with transaction.atomic():
        Message.objects.select_for_update().get(pk=reply.pk)
        with pytest.raises(OperationalError):
            elsewhere(lambda: append(pieces))


def test_a_migration_waits_as_long_as_it_takes():
    limits = []

    def handle(*args: object, **options: object) -> None:
        for name in ("lock_timeout", "idle_in_transaction_session_timeout"):
            with connection.cursor() as cursor:
                cursor.execute(f"SHOW {name}")
                limits.extend(cursor.fetchone())

    with patch.object(migrate.Command, "handle", handle):
        call_command("migrate", verbosity=0)

    assert limits == ["0", "0"]
