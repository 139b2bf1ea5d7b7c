"""What administrators can do about somebody's access."""

from collections.abc import Iterator

from django.contrib.auth import SESSION_KEY
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
    """End all their sessions and tickets, and close whatever is open, by tokens as well."""
    user.tickets.all().delete()
    Session.objects.filter(device__user=user).delete()
    Session.objects.filter(pk__in=list(_unseen(user))).delete()
    publish_on_commit(AccessEnded(user_id=user.pk))


@transaction.atomic
def end_access(user: User) -> None:
    """Likewise, and nobody comes in by a token either: whoever knows the password has to begin anew."""
    revoke_all(user)
    sign_out_everywhere(user)


def _unseen(user: User) -> Iterator[str]:
    """Sessions that belong to no device yet: they say whose they are once decoded. There are few."""
    for session in Session.objects.filter(device=None, expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            yield session.pk
