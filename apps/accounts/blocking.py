"""What administrators can do about somebody's access."""

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from apps.accounts.events import AccessEnded
from apps.accounts.models import User
from apps.accounts.tokens import revoke_all
from apps.events import publish_on_commit


@transaction.atomic
def block(user: User) -> None:
    """Keep them out by any way, and close whatever is open; their running replies end with the next tick."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    sign_out_everywhere(user)


def unblock(user: User) -> None:
    """Let them sign in again; their tokens that have not expired let them in, too."""
    user.is_active = True
    user.save(update_fields=["is_active"])


@transaction.atomic
def sign_out_everywhere(user: User) -> None:
    """End all their sessions and tickets, and close whatever is open, by tokens as well.

    Sessions that have been seen are deleted; others, which could only be found by reading everybody's, are
    worthless from now on.
    """
    user.signed_out_at = timezone.now()
    user.save(update_fields=["signed_out_at"])
    user.tickets.all().delete()
    Session.objects.filter(device__user=user).delete()
    publish_on_commit(AccessEnded(user_id=user.pk))


@transaction.atomic
def end_access(user: User) -> None:
    """Likewise, and nobody comes in by a token either: whoever knows the password has to begin anew."""
    revoke_all(user)
    sign_out_everywhere(user)
