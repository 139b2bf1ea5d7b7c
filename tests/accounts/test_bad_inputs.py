import re
import time
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.accounts.models import User
from tests.bad_inputs.expand import entries
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ENTRIES = {entry.id: entry for entry in entries("auth_input")}
PASSWORD, OTHER = "a calm place to talk", "another calm place"
ADDRESSES = [
    *(e.value for e in ENTRIES.values() if e.target.endswith("email") and e.outcome == "reject"),
    *(
        "alice@e.test\r\nBcc: bob@e.test",
        "\nalice@e.test",
        "alice@e.test\t",
        "alice@e.test\0",
        "al\vice@e.test",
    ),
    *("alice@e.test;bob@e.test", "alice@e.test bob@e.test", "alice@@e.test", "alice@", "@e.test", "alice"),
    *(
        "alice@[::1]",
        "alice@[IPv6:::1]",
        "alice@e..test",
        "<alice@e.test>",
        "Alice <alice@e.test>",
        ".a@e.test",
    ),
    *(
        "a\u017fice@e.test",
        "\uff41lice@e.test",
        "alice\u200b@e.test",
        "alice@e.test\u2028",
        "alice@e.test%0a",
    ),
    *("alice\uff20e.test", "\u0430lice@e.test", "alice@" + "e" * 300 + ".test", " "),
]
WEAK = [
    *(e.value for e in ENTRIES.values() if e.target.endswith("password") and e.outcome == "reject"),
    *("1234567", "12345678901", "qwertyuiop", "PASSWORD123", "alice@e.test", "\0" * 12),
]
STRONG = [
    *(e.value for e in ENTRIES.values() if e.target.endswith("password") and e.outcome.startswith("accept")),
    *(
        " around a calm place ",
        "密碼" * 8,
        "🔑" * 12,
        "x" * 100_000 + "y",
        "line\nend of a password",
        "<b>&amp;%00</b>",
    ),
]
ELSEWHERE = [
    *(
        "https://evil.test/",
        "//evil.test",
        "///evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "https:evil.test",
    ),
    *("http:///evil.test", "javascript:alert(1)", "//evil.test@testserver", "https://testserver@evil.test/"),
    *("/\t/evil.test", "\x01//evil.test", " //evil.test", "/\r\nLocation: //evil.test", "data:text/html,x"),
    *(
        "//testserver:80@evil.test",
        "https://testserver.evil.test",
        "////evil.test",
        "ftp://testserver/",
        "//[::1",
    ),
]
NO_KEYS = ["", "null", "None", "undefined", "0", "1", "set-password", "-", "%00", "a" * 5_000]


@pytest.fixture
def alice(db: None) -> User:
    return UserFactory(email="alice@e.test", password=PASSWORD)


@pytest.fixture
def limits(settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {}  # as they are where nobody sets them
    cache.clear()


def post(client: Client, name: str, **fields: str) -> HttpResponse:
    answer = client.post(reverse(name), fields)
    assert answer.status_code < 500
    return answer


def sign_in(client: Client, email: str, password: str = PASSWORD) -> HttpResponse:
    return post(client, "account_login", login=email, password=password)


def sign_up(client: Client, email: str, password: str = PASSWORD) -> HttpResponse:
    return post(client, "account_signup", email=email, password1=password)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def shown(answer: HttpResponse) -> str:
    """The page without what is drawn anew each time, and without what was typed."""
    html = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
    return re.sub(r'value="\w+@e\.test"', "", html)


def link_in(mail: object) -> str:
    return next(word for word in mail.body.split() if "/password/reset/key/" in word)  # type: ignore[attr-defined]


class TestAddresses:
    @pytest.mark.parametrize("address", ADDRESSES)
    def test_what_is_no_address_makes_no_account(self, client: Client, alice: User, address: str) -> None:
        for again in (address, address, address.replace("alice", "newcomer")):
            assert sign_up(client, again).status_code == 200

        assert User.objects.get() == alice
        assert not is_in(client)

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_what_is_no_address_signs_nobody_in(self, client: Client, alice: User, address: str) -> None:
        assert sign_in(client, address).status_code == 200
        assert not is_in(client)

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_what_is_no_address_gets_no_letter(
        self, client: Client, alice: User, mailoutbox: list[object], address: str
    ) -> None:
        assert post(client, "account_reset_password", email=address).status_code == 200
        assert mailoutbox == []

    @pytest.mark.parametrize("name", [ENTRIES["AU-002"].value, "al\u0131ce@e.test", "AL\u0130CE@e.test"])
    def test_what_looks_alike_takes_nothing_over(
        self, client: Client, mailoutbox: list[object], name: str
    ) -> None:
        theirs = UserFactory(email="aiice@e.test", password=PASSWORD)
        before = User.objects.values().get()

        sign_up(client, name, OTHER)
        post(client, "account_reset_password", email=name)

        assert User.objects.values().get() == before
        assert theirs.check_password(PASSWORD)
        assert mailoutbox == []

    def test_an_unknown_address_is_answered_as_a_wrong_password(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashed: list[str] = []
        encode = MD5PasswordHasher.encode
        monkeypatch.setattr(
            MD5PasswordHasher, "encode", lambda *of, **how: (hashed.append("one"), encode(*of, **how))[1]
        )

        known = sign_in(Client(), "alice@e.test", "wrong"), len(hashed)
        unknown = sign_in(Client(), ENTRIES["AU-010"].value, "wrong"), len(hashed) - known[1]

        assert known[0].status_code == unknown[0].status_code
        assert shown(known[0]) == shown(unknown[0])
        assert known[1] == unknown[1] == 1  # what takes its time is done once for each

    def test_a_letter_is_sent_whether_the_address_is_known_or_not(
        self, client: Client, alice: User, mailoutbox: list[object]
    ) -> None:
        known, unknown = (
            post(client, "account_reset_password", email=address)
            for address in ("alice@e.test", "nobody@e.test")
        )

        assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
        assert len(mailoutbox) == 2
        assert "/password/reset/key/" not in mailoutbox[1].body  # type: ignore[attr-defined]


class TestPasswords:
    @pytest.mark.parametrize("password", WEAK)
    def test_a_weak_one_is_refused(self, client: Client, password: str) -> None:
        assert sign_up(client, "alice@e.test", password).status_code == 200
        assert not User.objects.exists()

    @pytest.mark.parametrize("password", STRONG, ids=range(len(STRONG)))
    def test_a_strong_one_is_taken_as_it_was_typed(self, client: Client, password: str) -> None:
        sign_up(client, "alice@e.test", password)

        assert User.objects.get().check_password(password)
        assert sign_in(Client(), "alice@e.test", password).status_code == 302

    def test_nothing_that_is_typed_gets_into_the_log(
        self, client: Client, alice: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        sign_in(client, "alice@e.test", "wrong but secret")
        sign_up(client, "bob@e.test", "wrong but secret")
        post(client, "account_reset_password", email="alice@e.test")

        assert "wrong but secret" not in caplog.text
        assert "e.test" not in caplog.text


@pytest.mark.usefixtures("limits")
class TestLimits:
    def test_another_accounts_success_gives_no_further_tries(self, alice: User) -> None:
        UserFactory(email="mallory@e.test", password=PASSWORD)
        for _ in range(5):
            sign_in(Client(), "alice@e.test", "wrong")
        mallory = Client()
        sign_in(mallory, "mallory@e.test")

        alices = Client()
        answer = sign_in(alices, "alice@e.test")

        assert is_in(mallory)
        assert not is_in(alices)
        assert "Too many failed login attempts" in answer.content.decode()

    def test_thirty_tries_from_one_place_are_answered_with_when_to_come_back(self, alice: User) -> None:
        answers = [sign_in(Client(), f"person{number}@e.test", "wrong") for number in range(31)]

        assert answers[-1].status_code == 429
        assert int(answers[-1]["Retry-After"]) > 0

    def test_a_forwarded_address_is_no_other_place(self, alice: User) -> None:
        names = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X_Forwarded_For", "CF-Connecting-IP")
        for number in range(31):
            headers = dict.fromkeys(names, f"203.0.113.{number}")
            answer = Client(headers=headers).post(
                reverse("account_login"), {"login": f"person{number}@e.test", "password": "wrong"}
            )

        assert answer.status_code == 429

    def test_codes_are_not_guessed(self, client: Client, alice: User) -> None:
        secret = generate_totp_secret()
        TOTP.activate(alice, secret)
        sign_in(client, "alice@e.test")

        for number in range(6):
            post(client, "mfa_authenticate", code=f"{number:06}")
        right = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
        answer = post(client, "mfa_authenticate", code=right)

        assert not is_in(client)
        assert "Too many failed login attempts" in answer.content.decode()
        assert Authenticator.objects.filter(user=alice).exists()

    @pytest.mark.parametrize(
        "code", ["", "0", "null", "1234567", "١٢٣٤٥٦", "000 000", "-00001", "1e5", "\0" * 6]
    )
    def test_what_is_no_code_lets_nobody_in(self, client: Client, alice: User, code: str) -> None:
        TOTP.activate(alice, generate_totp_secret())
        sign_in(client, "alice@e.test")

        assert post(client, "mfa_authenticate", code=code).status_code == 200
        assert not is_in(client)


class TestResets:
    def test_a_link_is_used_once(self, client: Client, alice: User, mailoutbox: list[object]) -> None:
        post(client, "account_reset_password", email="alice@e.test")
        link = link_in(mailoutbox[0])
        form = client.get(link, follow=True).request["PATH_INFO"]
        client.post(form, {"password1": OTHER, "password2": OTHER})

        again = Client().get(link, follow=True)
        client.post(form, {"password1": PASSWORD, "password2": PASSWORD})

        alice.refresh_from_db()
        assert alice.check_password(OTHER)
        assert "This link no longer works" in again.content.decode()

    @pytest.mark.parametrize("key", NO_KEYS)
    def test_what_is_no_key_changes_nothing(self, client: Client, alice: User, key: str) -> None:
        for who in ("1", "null", "0", "zzzzzzzzzzzzzzz", f"{alice.pk}"):
            url = f"/accounts/password/reset/key/{who}-{key}/"
            answers = [client.get(url), client.post(url, {"password1": OTHER, "password2": OTHER})]
            assert all(answer.status_code in {200, 302, 404, 405} for answer in answers)

        alice.refresh_from_db()
        assert alice.check_password(PASSWORD)
        assert not is_in(client)

    def test_the_answer_holds_no_key(self, client: Client, alice: User, mailoutbox: list[object]) -> None:
        answer = post(client, "account_reset_password", email="alice@e.test")
        key = link_in(mailoutbox[0]).rstrip("/").rpartition("/")[2]

        told = (
            f"{answer.content!r} {answer.headers} {answer.cookies} {client.get(answer['Location']).content!r}"
        )
        assert key not in told

    @pytest.mark.parametrize("host", ["evil.test", "testserver:x", "testserver@evil.test", "", "a b", "[::1"])
    def test_another_host_is_refused(self, alice: User, mailoutbox: list[object], host: str) -> None:
        answer = Client(HTTP_HOST=host).post(reverse("account_reset_password"), {"email": "alice@e.test"})

        assert answer.status_code == 400
        assert mailoutbox == []

    @pytest.mark.parametrize(
        "name", ["X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-Host", "X-HTTP-Host-Override"]
    )
    def test_a_forwarded_host_is_in_no_letter(self, alice: User, mailoutbox: list[object], name: str) -> None:
        Client(headers={name: "evil.test"}).post(reverse("account_reset_password"), {"email": "alice@e.test"})

        assert link_in(mailoutbox[0]).startswith("http://testserver/")


class TestLeadingOn:
    @pytest.mark.parametrize(
        "name", ["account_login", "account_signup", "admin:login", "account_reauthenticate"]
    )
    @pytest.mark.parametrize("target", ELSEWHERE)
    def test_it_leads_nowhere_else(self, client: Client, alice: User, name: str, target: str) -> None:
        fields = {"login": alice.email, "password": PASSWORD, "email": "new@e.test", "password1": PASSWORD}
        asked = [client.get(reverse(name), {"next": target})]
        asked += [client.post(reverse(name), {**fields, "next": target})]
        asked += [client.get(reverse(name), {"next": target})]

        for answer in asked:
            assert answer.status_code < 500
            assert is_ours(answer.get("Location", "/"))

    @pytest.mark.parametrize("target", ELSEWHERE)
    def test_signing_out_leads_nowhere_else(self, client: Client, alice: User, target: str) -> None:
        client.force_login(alice)

        assert is_ours(client.post(reverse("account_logout"), {"next": target}).get("Location", "/"))


def is_ours(location: str) -> bool:
    """As a browser reads it: it takes backslashes for slashes, and control characters for nothing."""
    read = re.sub(r"[\0-\x20]", "", location).replace("\\", "/")
    return read.startswith("/") and not read.startswith("//") and not urlsplit(read).netloc
