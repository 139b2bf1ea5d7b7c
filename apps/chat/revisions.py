"""The rev rule: one lock, one step, one event for each committed change of a conversation."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from apps.chat.events import AccountChanged, ConversationChanged
from apps.chat.models import Account, Conversation
from apps.events import publish_on_commit

# One statement, because every message that is sent needs it; the row stays locked to commit.
NEXT_ACCOUNT = """
INSERT INTO chat_account (user_id, rev) SELECT owner_id, 1 FROM chat_conversation WHERE id = %s
ON CONFLICT (user_id) DO UPDATE SET rev = chat_account.rev + 1 RETURNING user_id, rev
"""


@contextmanager
def changing(conversation_id: UUID, *, listed: bool = False) -> Iterator[Conversation]:
    """The locked conversation at its next rev, saved and told when the block ends well.

    Stamp changed rows with `.rev`. The lock is held to commit, so rev order is commit order. `listed` says
    that the change shows in the owner's list. Locks go account, conversation, message. Raises
    Conversation.DoesNotExist.
    """
    with transaction.atomic():
        account = _next_account(conversation_id) if listed else None
        conversation = Conversation.objects.lock(conversation_id)
        conversation.rev += 1
        if account:
            conversation.list_rev = account.rev
        yield conversation
        conversation.save()
        publish_on_commit(ConversationChanged(conversation_id=conversation.pk, rev=conversation.rev))
        if account:
            publish_on_commit(AccountChanged(owner_id=account.pk, rev=account.rev))


@contextmanager
def changing_all(conversation_ids: Iterable[UUID]) -> Iterator[dict[UUID, int]]:
    """The next revs of several conversations, locked; whoever takes one out leaves that one unchanged."""
    with transaction.atomic():
        rows = Conversation.objects.locked().filter(pk__in=set(conversation_ids)).order_by("pk")
        revs = {pk: rev + 1 for pk, rev in rows.values_list("pk", "rev")}
        yield revs
        Conversation.objects.filter(pk__in=revs).update(rev=F("rev") + 1)
        publish_on_commit(*(ConversationChanged(conversation_id=pk, rev=rev) for pk, rev in revs.items()))


def account_rev(owner_id: int) -> int:
    """How far the owner's list of conversations has come."""
    return account_revs(owner_id)[0]


def account_revs(owner_id: int) -> tuple[int, int]:
    """How far the owner's list of conversations and their drafts have come."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rev, draft_rev FROM chat_account WHERE user_id = %s", [owner_id])
        row: tuple[int, int] | None = cursor.fetchone()
    return row or (0, 0)


def _next_account(conversation_id: UUID) -> Account:
    """The owner's account, locked, at its next rev."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_ACCOUNT, [Conversation._meta.pk.get_db_prep_value(conversation_id, connection)])
        row = cursor.fetchone()
    if row is None:
        raise Conversation.DoesNotExist
    return Account(*row)
