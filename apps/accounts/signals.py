"""Django and allauth tell by signal that access ended; we pass it on as an event."""

from typing import Any

from allauth.account.signals import password_changed, password_reset
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from apps.accounts.devices import sign_out_elsewhere
from apps.accounts.events import AccessEnded
from apps.accounts.models import User
from apps.accounts.sessions import session_hash
from apps.events import publish_on_commit


@receiver(user_logged_out)
def tell_signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        publish_on_commit(
            AccessEnded(user_id=user.pk, session_hash=session_hash(request.session.session_key))
        )


@receiver([password_changed, password_reset])
def tell_password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    sign_out_elsewhere(user, request.session.session_key)
    publish_on_commit(AccessEnded(user_id=user.pk))
