"""Where somebody is signed in, and how that ends from elsewhere."""

from datetime import timedelta
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from apps.accounts.events import AccessEnded
from apps.accounts.models import Device, User
from apps.accounts.sessions import is_proof, session_hash
from apps.events import publish_on_commit

SEEN_EVERY = timedelta(minutes=5)  # between two looks at the same device that are stored
MOST_LISTED = 50


def see(user: User, session_key: str, *, user_agent: str, address: str | None) -> None:
    """Store that somebody has been seen in this session just now."""
    seen = {"user": user, "user_agent": user_agent[:300], "address": address, "seen_at": timezone.now()}
    Device.objects.update_or_create(session_id=session_key, defaults=seen)


def devices_of(user: User) -> list[Device]:
    """Those in which the user is signed in, the last seen first; at most MOST_LISTED."""
    alive = Device.objects.filter(user=user, session__expire_date__gt=timezone.now())
    listed = alive.select_related("session").order_by("-seen_at")[:MOST_LISTED]
    return [device for device in listed if is_proof(device.session.get_decoded(), user)]


@transaction.atomic
def sign_out(user: User, device_id: UUID) -> None:
    """End the session there, and close its open pages; raises Device.DoesNotExist."""
    session_key = user.devices.get(pk=device_id).session_id
    Session.objects.filter(pk=session_key).delete()
    publish_on_commit(AccessEnded(user_id=user.pk, session_hash=session_hash(session_key)))


@transaction.atomic
def sign_out_elsewhere(user: User, session_key: str | None) -> None:
    """End every session of the user but this one."""
    others = Session.objects.filter(device__user=user).exclude(pk=session_key)
    keys = list(others.values_list("pk", flat=True))
    others.delete()
    publish_on_commit(*(AccessEnded(user_id=user.pk, session_hash=session_hash(key)) for key in keys))
