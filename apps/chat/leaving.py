"""The end of an account."""

from django.contrib.sessions.models import Session
from django.db import transaction

from apps.accounts.events import AccessEnded
from apps.accounts.models import User
from apps.chat.events import StopRequested
from apps.chat.models import Account, Conversation, Message, Status
from apps.events import publish, publish_on_commit


def delete_account(user: User) -> None:
    """Take away the user and everything that hangs on them; open pages close, running replies end."""
    running = Message.objects.live().filter(conversation__owner=user)
    publish(*(StopRequested(message_id=pk) for pk in running.values_list("pk", flat=True)))
    with transaction.atomic():
        _lock(user)
        Message.objects.live().filter(conversation__owner=user).update(status=Status.STOPPED)
        Session.objects.filter(device__user=user).delete()
        publish_on_commit(AccessEnded(user_id=user.pk))
        User.objects.filter(pk=user.pk).delete()


def _lock(user: User) -> None:
    """In everybody's order, so that nobody who still writes adds a row meanwhile."""
    list(Account.objects.select_for_update().filter(user=user))
    list(Conversation.objects.select_for_update().filter(owner=user).order_by("pk").values_list("pk"))
