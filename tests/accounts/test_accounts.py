import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.accounts.events import AccessEnded, user_topic
from apps.accounts.models import User
from apps.accounts.sessions import session_hash
from apps.events import Event
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

PASSWORD, OTHER = "a calm place to talk", "another calm place"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    events: list[Event] = []
    monkeypatch.setattr(
        "apps.accounts.signals.publish_on_commit", lambda *published: events.extend(published)
    )
    return events


def sign_up(client: Client, email: str = "new@example.org", password: str = PASSWORD) -> int:
    return client.post(reverse("account_signup"), {"email": email, "password1": password}).status_code


def sign_in(client: Client, email: str, password: str = PASSWORD) -> bool:
    client.post(reverse("account_login"), {"login": email, "password": password})
    return "_auth_user_id" in client.session


class TestSigningUp:
    def test_an_address_and_a_password_make_an_account(self, client: Client) -> None:
        assert sign_up(client) == 302

        user = User.objects.get(email="new@example.org")
        assert client.session["_auth_user_id"] == str(user.pk)
        assert client.get("/").status_code == 200

    @pytest.mark.parametrize(
        ("email", "password"),
        [("", PASSWORD), ("x", PASSWORD), ("new@example.org", ""), ("new@example.org", "12345678")],
    )
    def test_anything_less_does_not(self, client: Client, email: str, password: str) -> None:
        assert sign_up(client, email, password) == 200
        assert not User.objects.exists()

    def test_an_address_is_used_once_whatever_its_case(self, client: Client, owner: User) -> None:
        sign_up(client, "OWNER@example.org")

        assert User.objects.get() == owner
        assert "_auth_user_id" not in client.session

    def test_addresses_are_unique_in_the_database(self, owner: User) -> None:
        assert User._meta.get_field("email").unique
        assert str(owner) == "owner@example.org"


class TestTheFirstAccount:
    def test_it_becomes_the_administrator_where_that_is_wanted(
        self, client: Client, settings: Settings
    ) -> None:
        settings.FIRST_ACCOUNT_IS_ADMIN = True

        assert "becomes the administrator" in client.get(reverse("account_signup")).content.decode()
        sign_up(client)

        user = User.objects.get()
        assert (user.is_staff, user.is_superuser) == (True, True)

    def test_the_second_does_not(self, client: Client, settings: Settings, owner: User) -> None:
        settings.FIRST_ACCOUNT_IS_ADMIN = True

        assert "becomes the administrator" not in client.get(reverse("account_signup")).content.decode()
        sign_up(client)

        user = User.objects.get(email="new@example.org")
        assert (user.is_staff, user.is_superuser) == (False, False)

    def test_nor_does_the_first_elsewhere(self, client: Client, settings: Settings) -> None:
        settings.FIRST_ACCOUNT_IS_ADMIN = False

        assert "becomes the administrator" not in client.get(reverse("account_signup")).content.decode()
        sign_up(client)

        user = User.objects.get()
        assert (user.is_staff, user.is_superuser) == (False, False)

    @pytest.mark.parametrize("field", ["is_staff", "is_superuser"])
    def test_nobody_makes_themselves_one(self, client: Client, settings: Settings, field: str) -> None:
        settings.FIRST_ACCOUNT_IS_ADMIN = False
        fields = {"email": "new@example.org", "password1": PASSWORD, field: "on"}

        client.post(reverse("account_signup"), fields)

        assert not getattr(User.objects.get(), field)


class TestSigningIn:
    def test_it_takes_the_address_and_the_password(self, client: Client) -> None:
        user = UserFactory(password=PASSWORD)

        assert not sign_in(client, user.email, "not the password")
        assert sign_in(client, user.email)

    def test_whoever_is_blocked_stays_out(self, client: Client) -> None:
        user = UserFactory(password=PASSWORD, is_active=False)

        assert not sign_in(client, user.email)

    def test_it_leads_to_this_site_alone(self, client: Client) -> None:
        user = UserFactory(password=PASSWORD)
        fields = {"login": user.email, "password": PASSWORD, "next": "https://evil.example/"}

        assert client.post(reverse("account_login"), fields)["Location"] == "/"


class TestLosingAccess:
    def test_signing_out_is_told_for_that_session(
        self, client: Client, owner: User, told: list[Event]
    ) -> None:
        client.force_login(owner)
        key = client.session.session_key

        client.post(reverse("account_logout"))

        assert told == [AccessEnded(user_id=owner.pk, session_hash=session_hash(key))]

    def test_signing_out_when_nobody_is_signed_in_is_no_news(self, client: Client, told: list[Event]) -> None:
        client.post(reverse("account_logout"))

        assert told == []

    def test_a_link_signs_nobody_out(self, client: Client, owner: User, told: list[Event]) -> None:
        client.force_login(owner)

        client.get(reverse("account_logout"))

        assert "_auth_user_id" in client.session
        assert told == []

    def test_another_password_is_told_for_every_session(self, client: Client, told: list[Event]) -> None:
        user = UserFactory(password=PASSWORD)
        client.force_login(user)
        fields = {
            "oldpassword": PASSWORD,
            "password1": OTHER,
            "password2": OTHER,
        }

        client.post(reverse("account_change_password"), fields)

        user.refresh_from_db()
        assert user.check_password(OTHER)
        assert told == [AccessEnded(user_id=user.pk)]

    def test_a_reset_password_is_told_for_every_session(
        self, client: Client, told: list[Event], mailoutbox: list[object]
    ) -> None:
        user = UserFactory(password=PASSWORD)
        client.post(reverse("account_reset_password"), {"email": user.email})
        link = next(word for word in mailoutbox[0].body.split() if "/password/reset/key/" in word)

        form = client.get(link, follow=True).request["PATH_INFO"]
        client.post(form, {"password1": OTHER, "password2": OTHER})

        user.refresh_from_db()
        assert user.check_password(OTHER)
        assert told == [AccessEnded(user_id=user.pk)]

    def test_it_is_told_to_that_person_alone(self, owner: User) -> None:
        assert AccessEnded(user_id=owner.pk).topic == user_topic(owner.pk) == f"user.{owner.pk}"


class TestPasswordReset:
    def test_an_unknown_address_looks_like_a_known_one(self, client: Client, owner: User) -> None:
        answers = [
            client.post(reverse("account_reset_password"), {"email": email})
            for email in ("owner@example.org", "nobody@example.org")
        ]

        assert [(a.status_code, a["Location"]) for a in answers] == [(302, answers[0]["Location"])] * 2


def test_administrators_are_made_by_command() -> None:
    boss = User.objects.create_superuser("Boss@EXAMPLE.org", PASSWORD)

    assert (boss.email, boss.is_staff, boss.is_superuser) == ("Boss@example.org", True, True)
    assert boss.check_password(PASSWORD)
