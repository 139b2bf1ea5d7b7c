"""What staff do to accounts: to whose they may, and never without an entry."""

from collections.abc import Callable

from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.db import transaction

from apps.accounts import blocking
from apps.accounts.models import User
from apps.accounts.tokens import revoke_all
from apps.chat.leaving import delete_account
from apps.oversight.audit import Actor, note_deed
from apps.oversight.models import What

DEEDS: dict[What, Callable[[User], None]] = {
    What.BLOCKED: blocking.block,
    What.UNBLOCKED: blocking.unblock,
    What.SIGNED_OUT: blocking.sign_out_everywhere,
    What.TOKENS: revoke_all,
    What.PASSWORD: blocking.end_access,  # whoever is inside came in by the last one
    What.DELETED: delete_account,
}


def may_change(staff: User, user: User) -> bool:
    """Whoever has rights is the business of administrators alone: rights could be had by way of theirs."""
    return staff.is_superuser or not (user.is_staff or user.is_superuser)


def may_act_on(staff: User, user: User) -> bool:
    """Likewise, and nobody shuts themselves out."""
    return staff.pk != user.pk and may_change(staff, user)


@transaction.atomic
def add(actor: Actor, user: User) -> None:
    """Let somebody in by a password that staff knows, and write it down; raises PermissionDenied."""
    if not actor.staff.is_superuser:
        raise PermissionDenied
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, primary=True)
    note_deed(actor, What.ADDED, user)


@transaction.atomic
def do(actor: Actor, what: What, user: User) -> None:
    """Do that to the account, and write it down; raises PermissionDenied."""
    if not may_act_on(actor.staff, user):
        raise PermissionDenied
    note_deed(actor, what, user)
    DEEDS[what](user)
