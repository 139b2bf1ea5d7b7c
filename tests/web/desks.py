"""Members of the staff with their browsers, by what they may do."""

from django.contrib.auth.models import Permission
from django.test import Client

from apps.accounts.models import User
from tests.factories import UserFactory

METADATA = (
    "view_user", "change_user", "delete_user", "view_conversation", "view_feedback", "view_generation",
    "view_worker", "view_token", "view_auditentry", "view_authenticator", "view_emailaddress",
)  # fmt: skip
CONTENT = (*METADATA, "read_content")


def staff_with(*permissions: str, email: str = "clerk@example.org") -> User:
    """One of the staff who is no administrator."""
    user = UserFactory(email=email, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def desk_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
