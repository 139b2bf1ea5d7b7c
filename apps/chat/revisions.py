"""The rev rule: one lock, one step, one event for each committed change of a conversation."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction

from apps.chat.events import AccountChanged, ConversationChanged
from apps.chat.models import Account, Conversation
from apps.events import publish_on_commit


@contextmanager
def changing(conversation_id: UUID, *, listed: bool = False) -> Iterator[Conversation]:
    """The locked conversation at its next rev, saved and told when the block ends well.

    Stamp changed rows with `.rev`. The lock is held to commit, so rev order is commit order. `listed` says
    that the change shows in the owner's list. Locks go account, conversation, message. Raises
    Conversation.DoesNotExist.
    """
    with transaction.atomic():
        account = _next_account(conversation_id) if listed else None
        conversation = Conversation.objects.locked().get(pk=conversation_id)
        conversation.rev += 1
        if account:
            conversation.list_rev = account.rev
        yield conversation
        conversation.save()
        publish_on_commit(ConversationChanged(conversation_id=conversation.pk, rev=conversation.rev))
        if account:
            publish_on_commit(AccountChanged(owner_id=account.pk, rev=account.rev))


def account_rev(owner_id: int) -> int:
    """How far the owner's list of conversations has come."""
    return Account.objects.filter(pk=owner_id).values_list("rev", flat=True).first() or 0


def _next_account(conversation_id: UUID) -> Account:
    """The owner's account, locked, at its next rev."""
    owner_id = Conversation.objects.values_list("owner_id", flat=True).get(pk=conversation_id)
    Account.objects.get_or_create(pk=owner_id)
    account = Account.objects.select_for_update(no_key=True).get(pk=owner_id)
    account.rev += 1
    account.save(update_fields=["rev"])
    return account
