"""Whoever adds somebody, or sets a password, could sign in with it."""

from unittest.mock import Mock

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from apps.accounts.access import by_token
from apps.accounts.models import User
from apps.oversight import people
from apps.oversight.models import AuditEntry, What
from tests.factories import TokenFactory
from tests.web.desks import METADATA, desk_of, staff_with

pytestmark = pytest.mark.django_db

SECRET, PASSWORD = "colloquy_secret", "a long and calm password"
BOTH = {"password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def clerk(db: None) -> User:
    return staff_with(*METADATA)


def add(desk: Client, email: str) -> list[str]:
    """Add somebody; and what is wrong with that, if anything is."""
    answer = desk.post(reverse("admin:accounts_user_add"), {"email": email, **BOTH})
    return [] if answer.status_code == 302 else answer.context["adminform"].form.errors["email"]


def test_who_is_added_goes_on_record_and_signs_in_whatever_the_case(admin_client: Client) -> None:
    assert add(admin_client, "Ada@Example.org") == []

    user, entry, ada = User.objects.get(email="ada@example.org"), AuditEntry.objects.get(), Client()
    assert (entry.what, entry.owner_id, entry.owner_email) == (What.ADDED, user.pk, "ada@example.org")
    assert user.emailaddress_set.get(primary=True).email == "ada@example.org"
    ada.post(reverse("account_login"), {"login": "ADA@example.org", "password": PASSWORD})
    assert ada.get("/").status_code == 200


def test_the_form_says_what_the_password_is_for(admin_client: Client) -> None:
    html = admin_client.get(reverse("admin:accounts_user_add")).content.decode()

    assert "They sign in with this address and password, and can change both." in html


def test_who_is_no_administrator_adds_nobody(owner: User) -> None:
    desk = desk_of(staff_with(*METADATA, "add_user"))
    known = User.objects.count()

    answer = desk.post(reverse("admin:accounts_user_add"), {"email": "ada@example.org", **BOTH})

    assert answer.status_code == 403
    assert User.objects.count() == known


@pytest.mark.parametrize("theirs", ["owner@example.org", "Owner@Example.org"])
@pytest.mark.parametrize("asked", ["owner@example.org", "OWNER@example.org"])
def test_an_address_is_given_once_whatever_its_case(
    admin_client: Client, owner: User, theirs: str, asked: str
) -> None:
    User.objects.filter(pk=owner.pk).update(email=theirs)

    assert add(admin_client, asked) == ["A user is already registered with this email address."]

    assert not AuditEntry.objects.exists()


def test_another_address_of_somebody_is_given_to_nobody(admin_client: Client, owner: User) -> None:
    EmailAddress.objects.create(user=owner, email="also@example.org")

    assert add(admin_client, "Also@example.org")

    assert not User.objects.filter(email__iexact="also@example.org").exists()


@pytest.mark.parametrize("email", ["ada@[192.0.2.7]", "аda@example.org", "ada@example.org\n", "ada"])
def test_what_is_no_address_where_people_sign_up_is_none_here(admin_client: Client, email: str) -> None:
    assert add(admin_client, email)


def test_another_password_is_set_by_administrators_and_goes_on_record(
    staff: User, clerk: User, owner: User
) -> None:
    address = reverse("admin:auth_user_password_change", args=[owner.pk])
    both = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    page = desk_of(owner)
    TokenFactory(user=owner, secret=SECRET)

    assert desk_of(clerk).post(address, both).status_code == 403
    assert desk_of(staff).post(address, {**both, "password2": "another"}).status_code == 200
    assert not AuditEntry.objects.exists()
    assert desk_of(staff).post(address, both).status_code == 302

    assert User.objects.get(pk=owner.pk).check_password(PASSWORD)
    assert AuditEntry.objects.get().get_what_display() == "Set another password and revoked the API tokens"
    assert (page.get("/").status_code, by_token(SECRET)) == (302, None)


def test_a_password_is_set_with_its_entry_or_not_at_all(
    staff: User, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, before = reverse("admin:auth_user_password_change", args=[owner.pk]), owner.password
    monkeypatch.setitem(people.DEEDS, What.PASSWORD, Mock(side_effect=RuntimeError("out of order")))

    with pytest.raises(RuntimeError, match="out of order"):
        desk_of(staff).post(address, {**BOTH, "usable_password": "true"})

    assert User.objects.get(pk=owner.pk).password == before
    assert not AuditEntry.objects.exists()
    assert not LogEntry.objects.exists()
