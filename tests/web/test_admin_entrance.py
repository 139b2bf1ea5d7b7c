"""Into the administration leads the one entrance, with its limits and its second factor."""

import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.accounts.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "a calm place to talk"
INSIDE = "/admin/"


@pytest.fixture
def administrator(staff: User) -> User:
    staff.set_password(PASSWORD)
    staff.save()
    return staff


def enter(client: Client, user: User, password: str = PASSWORD) -> str:
    """Where somebody is who came by the administration's address."""
    door = client.get(INSIDE, follow=True).redirect_chain[-1][0]
    response = client.post(door, {"login": user.email, "password": password}, follow=True)
    return str(response.request["PATH_INFO"])


def is_inside(client: Client) -> bool:
    return client.get(INSIDE).status_code == 200


def test_a_password_leads_through_the_entrance_and_back(client: Client, administrator: User) -> None:
    assert enter(client, administrator) == INSIDE


def test_its_own_form_lets_nobody_in(client: Client, administrator: User) -> None:
    client.post("/admin/login/", {"username": administrator.email, "password": PASSWORD})

    assert not is_inside(client)


def test_guessing_ends_even_with_the_right_password(
    client: Client, administrator: User, settings: Settings
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "2/m/key"}
    cache.clear()
    for _ in range(2):
        enter(client, administrator, "wrong")

    enter(client, administrator)

    assert not is_inside(client)


def test_a_second_factor_is_asked_for(client: Client, administrator: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(administrator, secret)

    assert enter(client, administrator) == reverse("mfa_authenticate")
    assert not is_inside(client)
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    client.post(reverse("mfa_authenticate"), {"code": code})

    assert is_inside(client)


def test_a_password_is_changed_where_guessing_it_is_limited(client: Client, administrator: User) -> None:
    client.force_login(administrator)

    response = client.get("/admin/password_change/")

    assert response["Location"] == reverse("account_change_password")
