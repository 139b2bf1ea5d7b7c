"""While no letter can be sent: what people do stands, and they are told."""

import logging
import smtplib

import pytest
from django.conf import settings as configured
from django.core.mail.backends.locmem import EmailBackend
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.accounts.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

PASSWORD = "a calm place to talk"
FAULTS = [TimeoutError("timed out"), smtplib.SMTPServerDisconnected("mail.example.org went")]
UNSENT = "could not be sent"


@pytest.fixture(params=FAULTS, ids=lambda fault: type(fault).__name__)
def no_mail(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise request.param

    monkeypatch.setattr(EmailBackend, "send_messages", fail)


@pytest.fixture
def mandatory(settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


def sign_up(client: Client, email: str = "new@example.org") -> HttpResponse:
    fields = {"email": email, "password1": PASSWORD}
    return client.post(reverse("account_signup"), fields, follow=True)


def test_nobody_waits_long_for_a_mail_server() -> None:
    assert 0 < configured.EMAIL_TIMEOUT <= 15


@pytest.mark.usefixtures("no_mail")
class TestWhileNoneCanBeSent:
    def test_somebody_who_signs_up_is_signed_in_and_told(self, client: Client, settings: Settings) -> None:
        settings.ACCOUNT_EMAIL_VERIFICATION = "optional"

        page = sign_up(client)

        assert page.status_code == 200
        assert client.session["_auth_user_id"] == str(User.objects.get().pk)
        assert page.content.decode().count(UNSENT) == 1
        assert "Confirmation email sent" not in page.content.decode()

    def test_who_must_confirm_is_told_and_may_try_again(self, client: Client, mandatory: None) -> None:
        fields = {"login": "new@example.org", "password": PASSWORD}

        answers = [sign_up(client), *(client.post(reverse("account_login"), fields) for _ in range(2))]

        assert [answer.status_code for answer in answers] == [503, 503, 503]
        assert all(UNSENT in answer.content.decode() for answer in answers)
        assert User.objects.get().email == "new@example.org"

    @pytest.mark.parametrize("email", ["owner@example.org", "nobody@example.org"])
    def test_who_has_an_account_is_told_the_same_as_who_has_none(
        self, client: Client, owner: User, mandatory: None, email: str
    ) -> None:
        reset = client.post(reverse("account_reset_password"), {"email": email})

        assert (reset.status_code, sign_up(client, email).status_code) == (503, 503)
        assert UNSENT in reset.content.decode()

    def test_an_address_is_added_and_the_letter_can_be_asked_for_again(
        self, client: Client, owner: User
    ) -> None:
        address = {"email": "second@example.org"}
        client.force_login(owner)

        added = client.post(reverse("account_email"), {**address, "action_add": ""}, follow=True)
        again = client.post(reverse("account_email"), {**address, "action_send": ""}, follow=True)

        assert [UNSENT in answer.content.decode() for answer in (added, again)] == [True, True]
        assert "second@example.org" in again.content.decode()

    def test_a_changed_password_is_changed(self, client: Client) -> None:
        user = UserFactory(password=PASSWORD)
        user.emailaddress_set.create(email=user.email, primary=True, verified=True)
        client.force_login(user)
        other = {"password1": "another calm place", "password2": "another calm place"}

        done = client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, **other})

        assert done.status_code == 302
        assert User.objects.get(pk=user.pk).check_password("another calm place")

    def test_the_log_names_no_server(self, client: Client, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.WARNING, "apps"):
            client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})

        lines = [record.getMessage() for record in caplog.records if record.name.startswith("apps.accounts")]
        assert lines in [[f"A letter {UNSENT}: {type(fault).__name__}"] for fault in FAULTS]
