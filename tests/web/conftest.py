import pytest
from django.conf import settings
from django.test import Client

from apps.accounts.models import User


def session_of(user: User) -> str:
    """The cookie of somebody who has just signed in."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def session(owner: User) -> str:
    return session_of(owner)


@pytest.fixture
def page(owner: User) -> Client:
    """A browser in which the owner has signed in."""
    client = Client()
    client.force_login(owner)
    return client
