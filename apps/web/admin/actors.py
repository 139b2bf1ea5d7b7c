"""Who of the staff asks, and from where."""

from ipaddress import ip_address

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from apps.oversight.audit import Actor
from apps.web.personal import person


def actor_of(request: HttpRequest) -> Actor:
    agent = request.META.get("HTTP_USER_AGENT", "")
    return Actor(person(request), address=address_of(request), user_agent=agent)


def address_of(request: HttpRequest) -> str | None:
    """Where a request comes from, as attempts to sign in are counted; None if that cannot be told."""
    try:
        return str(ip_address(get_adapter(request).get_client_ip(request)))
    except (ValueError, PermissionDenied):
        return None
