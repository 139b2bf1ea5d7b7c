import re
import uuid
from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.core import serializers
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.accounts.access import by_token
from apps.accounts.models import Token, User
from apps.accounts.tokens import MOST_LIVE, PAGE
from tests.accounts.test_pages import confirmed
from tests.factories import TokenFactory

pytestmark = pytest.mark.django_db

LIST, NEW = "tokens", "token_new"
PASSWORD = "a calm place to talk"
WANTED = {"name": " My \n laptop ", "scope": "write", "lifetime": "30"}
SECRET = re.compile(r"colloquy_[\w-]{43}")


@pytest.fixture
def proven(page: Client) -> Client:
    """The owner's browser, in which they have just proven who they are."""
    return confirmed(page)


def form(**fields: str) -> dict[str, str]:
    return {"key": str(uuid.uuid4()), **WANTED, **fields}


def ending(token: Token) -> str:
    return reverse("token_revoke", args=[token.pk])


class TestMaking:
    def test_the_secret_is_in_the_one_answer_and_lets_in(self, proven: Client, owner: User) -> None:
        response = proven.post(reverse(NEW), form())

        [secret] = SECRET.findall(response.content.decode())
        found = by_token(secret)
        assert found
        assert (found.user, found.writes) == (owner, True)
        assert "no-store" in response["Cache-Control"]
        assert secret not in proven.get(reverse(LIST)).content.decode()
        assert secret not in serializers.serialize("json", Token.objects.all())

    def test_it_is_as_was_wanted(self, proven: Client, owner: User) -> None:
        proven.post(reverse(NEW), form(scope="read", lifetime="7"))

        token = owner.tokens.get()
        assert (token.name, token.scope) == ("My laptop", "read")
        assert abs(token.expires_at - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)

    def test_a_form_sent_twice_makes_one(self, proven: Client, owner: User) -> None:
        sent = form()
        proven.post(reverse(NEW), sent)

        response = proven.post(reverse(NEW), sent, follow=True)

        assert owner.tokens.count() == 1
        assert "That token has been made." in response.content.decode()
        assert not SECRET.search(response.content.decode())

    @pytest.mark.parametrize(
        "wrong",
        [
            {"name": ""},
            {"name": " \u200b"},
            {"name": "x" * 61},
            {"name": "\x00"},
            {"scope": ""},
            {"scope": "admin"},
            {"lifetime": "0"},
            {"lifetime": "36500"},
            {"lifetime": "x"},
            {"key": "x"},
        ],
    )
    def test_what_cannot_be_is_refused(self, proven: Client, wrong: dict[str, str]) -> None:
        assert proven.post(reverse(NEW), form(**wrong)).status_code == 422
        assert not Token.objects.exists()

    def test_its_owner_is_told_by_mail(
        self, proven: Client, owner: User, mailoutbox: list[EmailMessage]
    ) -> None:
        owner.emailaddress_set.create(email=owner.email, primary=True, verified=True)

        response = proven.post(reverse(NEW), form(name="<My> laptop"))

        [mail] = mailoutbox
        assert mail.to == [owner.email]
        assert "“<My> laptop”" in mail.body
        assert not SECRET.search(mail.body)
        assert SECRET.search(response.content.decode())

    def test_a_mail_that_cannot_be_sent_hides_no_secret(
        self, proven: Client, owner: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        owner.emailaddress_set.create(email=owner.email, primary=True, verified=True)
        monkeypatch.setattr(EmailMessage, "send", Mock(side_effect=ConnectionRefusedError))

        assert SECRET.search(proven.post(reverse(NEW), form()).content.decode())

    def test_one_too_many_is_refused_in_words(self, proven: Client, owner: User) -> None:
        TokenFactory.create_batch(MOST_LIVE, user=owner)

        response = proven.post(reverse(NEW), form())

        assert response.status_code == 422
        assert f"You have {MOST_LIVE} tokens." in response.content.decode()

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_it_asks_once_more_who_it_is(self, client: Client, owner: User, method: str) -> None:
        owner.set_password(PASSWORD)
        owner.save()
        client.force_login(owner)

        response = getattr(client, method)(reverse(NEW), form())

        assert response["Location"].startswith(reverse("account_reauthenticate"))
        assert not Token.objects.exists()


class TestListing:
    def test_it_tells_of_each_what_it_is(self, page: Client, owner: User) -> None:
        TokenFactory(user=owner, name="<b>Laptop</b>", secret="colloquy_secret1234", scope="read")

        html = page.get(reverse(LIST)).content.decode()

        for word in (
            "&lt;b&gt;Laptop&lt;/b&gt;",
            "colloquy_…1234",
            "Read only",
            "Not used yet.",
            "Expires on",
        ):
            assert word in html
        assert "secret1234" not in html

    def test_an_expired_one_is_marked_and_a_revoked_one_is_gone(self, page: Client, owner: User) -> None:
        past = timezone.now() - timedelta(days=1)
        TokenFactory(user=owner, name="Old", expires_at=past)
        TokenFactory(user=owner, name="Gone", revoked_at=past)

        html = page.get(reverse(LIST)).content.decode()

        assert "Expired on" in html
        assert "Gone" not in html

    def test_pages_lead_to_each_other(self, page: Client, owner: User) -> None:
        TokenFactory.create_batch(PAGE + 1, user=owner)

        first = page.get(reverse(LIST))
        [address] = re.findall(r'href="([^"]*behind=[^"]*)"', first.content.decode())
        second = page.get(address)

        assert [len(listed.context["tokens"]) for listed in (first, second)] == [PAGE, 1]
        assert "behind" not in second.content.decode()

    @pytest.mark.parametrize("wrong", ["", "x", str(uuid.uuid4())])
    def test_a_page_behind_nothing_is_absent(self, page: Client, wrong: str) -> None:
        assert page.get(reverse(LIST), {"behind": wrong}).status_code == 404

    def test_a_page_behind_somebody_elses_is_absent(self, page: Client, stranger: User) -> None:
        theirs = TokenFactory(user=stranger)

        assert page.get(reverse(LIST), {"behind": str(theirs.pk)}).status_code == 404
        assert "Laptop" not in page.get(reverse(LIST)).content.decode()

    def test_a_page_costs_the_same_whatever_there_is(self, page: Client, owner: User) -> None:
        TokenFactory(user=owner)
        page.get(reverse(LIST))
        with CaptureQueriesContext(connection) as one:
            page.get(reverse(LIST))
        TokenFactory.create_batch(10, user=owner)

        with CaptureQueriesContext(connection) as many:
            page.get(reverse(LIST))

        assert len(many) == len(one)


class TestRevoking:
    def test_it_asks_first(self, page: Client, owner: User) -> None:
        token = TokenFactory(user=owner)

        response = page.get(ending(token))

        assert "Revoke “Laptop”?" in response.content.decode()
        token.refresh_from_db()
        assert token.revoked_at is None

    def test_then_it_lets_nobody_in_any_more(self, page: Client, owner: User) -> None:
        token = TokenFactory(user=owner, secret="colloquy_secret")

        response = page.post(ending(token), follow=True)

        assert "Revoked." in response.content.decode()
        assert by_token("colloquy_secret") is None
        assert page.post(ending(token)).status_code == page.get(ending(token)).status_code == 404

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_somebody_elses_is_as_absent_as_none(self, page: Client, stranger: User, method: str) -> None:
        theirs = TokenFactory(user=stranger)

        answers = [getattr(page, method)(ending(token)) for token in (theirs, Token())]

        assert [answer.status_code for answer in answers] == [404, 404]
        theirs.refresh_from_db()
        assert theirs.revoked_at is None


@pytest.mark.parametrize("name", [LIST, NEW])
def test_a_stranger_is_led_to_the_entrance(client: Client, name: str) -> None:
    assert client.get(reverse(name))["Location"].startswith(reverse("account_login"))


def test_a_stranger_revokes_nothing(client: Client, owner: User) -> None:
    token = TokenFactory(user=owner)

    assert client.post(ending(token))["Location"].startswith(reverse("account_login"))
    token.refresh_from_db()
    assert token.revoked_at is None
