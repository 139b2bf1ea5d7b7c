"""What the corpus of bad inputs tells of sessions: when they end, and what may be done with their cookies."""

import pytest
from django.conf import settings as configured
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from apps.accounts import tokens
from apps.accounts.blocking import block
from apps.accounts.models import Scope, Token, User
from apps.bridge import in_database
from apps.live.closing import SIGNED_OUT
from tests.factories import StaffFactory, TokenFactory, UserFactory
from tests.support.running import running_bus, running_hub
from tests.support.tab import tab
from tests.support.typed_socket import typed_socket

pytestmark = pytest.mark.django_db

PASSWORD, OTHER = "a calm place to talk", "another calm place"
SECRET = "colloquy_of-a-program"
COOKIES = [
    "",
    "0",
    "null",
    "a" * 3_000,
    "../../etc/passwd",
    "' OR 1=1 --",
    "\x7f",
    "ä",
    "a" * 32,
    "%00",
    '"quoted"',
]


@pytest.fixture
def alice(db: None) -> User:
    return UserFactory(email="alice@e.test", password=PASSWORD)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.get("/")
    return client


def key_of(client: Client) -> str:
    return client.cookies[configured.SESSION_COOKIE_NAME].value


def sign_in(client: Client, **more: str) -> None:
    client.post(reverse("account_login"), {"login": "alice@e.test", "password": PASSWORD, **more})


def csrf_token(client: Client) -> str:
    return client.cookies[configured.CSRF_COOKIE_NAME].value


class TestCookies:
    def test_a_session_that_was_there_before_is_not_kept(self, client: Client, alice: User) -> None:
        session = client.session
        session["planted"] = "by somebody else"
        session.save()
        client.cookies[configured.SESSION_COOKIE_NAME] = planted = session.session_key

        sign_in(client)

        assert key_of(client) != planted
        assert not Session.objects.filter(pk=planted).exists()

    def test_the_csrf_token_is_another_after_signing_in(self, client: Client, alice: User) -> None:
        client.get(reverse("account_login"))
        before = csrf_token(client)

        sign_in(client)

        assert csrf_token(client) != before

    def test_the_one_of_before_is_good_for_nothing(self, alice: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.get(reverse("account_login"))
        before = csrf_token(client)
        sign_in(client, csrfmiddlewaretoken=before)
        client.get("/")

        assert client.post(reverse("account_logout"), {"csrfmiddlewaretoken": before}).status_code == 403
        assert "_auth_user_id" in client.session

    def test_a_session_is_over_once_somebody_has_signed_out(self, alice: User) -> None:
        client = signed_in(alice)
        key = key_of(client)
        client.post(reverse("account_logout"))

        kept = Client()
        kept.cookies[configured.SESSION_COOKIE_NAME] = key

        assert kept.get("/").status_code == 302
        assert not Session.objects.filter(pk=key).exists()

    @pytest.mark.parametrize("method", ["get", "head", "options"])
    def test_a_picture_elsewhere_signs_nobody_out(self, alice: User, method: str) -> None:
        client = signed_in(alice)

        for _ in range(2):
            assert getattr(client, method)(reverse("account_logout")).status_code == 200

        assert "_auth_user_id" in client.session

    @pytest.mark.parametrize("cookie", COOKIES)
    def test_what_is_no_session_is_nobodys(self, client: Client, alice: User, cookie: str) -> None:
        header = f"{configured.SESSION_COOKIE_NAME}={cookie}; {configured.CSRF_COOKIE_NAME}={cookie}; =;;"

        for path in ("/", reverse("account_login"), "/api/v1/me"):
            answer = client.get(path, headers={"Cookie": header})
            assert answer.status_code in {200, 302, 401}
            assert cookie not in answer.content.decode() or len(cookie) < 5

    def test_pages_are_not_kept_by_the_browsers_history(self, alice: User) -> None:
        client = signed_in(alice)

        page = client.get("/")

        assert "no-store" in page["Cache-Control"]
        assert '"historyEnabled": false' in page.content.decode()


class TestTheDesk:
    def test_who_is_staff_no_more_is_refused_at_once(self) -> None:
        boss = StaffFactory()
        desk = signed_in(boss)
        assert desk.get("/admin/").status_code == 200

        User.objects.filter(pk=boss.pk).update(is_staff=False)

        assert desk.get("/admin/", follow=True).status_code == 403
        assert desk.get("/").status_code == 200

    def test_a_right_that_was_taken_away_is_gone_at_once(self) -> None:
        boss = StaffFactory()
        desk = signed_in(boss)
        url = reverse("admin:accounts_user_changelist")
        assert desk.get(url).status_code == 200

        User.objects.filter(pk=boss.pk).update(is_superuser=False)

        assert desk.get(url).status_code == 403


@pytest.mark.django_db(transaction=True)
class TestWhatIsOpen:
    async def test_another_password_closes_all_pages_and_programs(self, alice: User) -> None:
        def three() -> list[Client]:
            TokenFactory(user=alice, secret=SECRET)
            return [signed_in(alice) for _ in range(3)]

        clients = await in_database(three)()
        fields = {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER}
        async with running_bus(), tab(key_of(clients[1])) as one, tab(key_of(clients[2])) as two:
            await in_database(clients[0].post)(reverse("account_change_password"), fields)
            assert [await page.closed() for page in (one, two)] == [SIGNED_OUT] * 2

        answers = await in_database(lambda: [client.get("/").status_code for client in clients])()
        assert answers == [200, 302, 302]

    async def test_whoever_is_blocked_loses_pages_programs_and_tokens(self, alice: User) -> None:
        def one() -> Client:
            TokenFactory(user=alice, secret=SECRET, scope=Scope.WRITE)
            return signed_in(alice)

        client = await in_database(one)()
        async with running_hub(), tab(key_of(client)) as page, typed_socket(SECRET) as program:
            assert (await program.ask("ping"))["action"] == "pong"
            await in_database(block)(alice)
            assert await page.closed() == await program.closed() == SIGNED_OUT

        bearer = {"Authorization": f"Bearer {SECRET}"}
        refused = await in_database(lambda: Client().get("/api/v1/me", headers=bearer).status_code)()
        assert refused == 401

    async def test_a_revoked_token_ends_its_socket_alone(self, alice: User) -> None:
        def both() -> Token:
            TokenFactory(user=alice, secret=SECRET + "-another")
            return TokenFactory(user=alice, secret=SECRET)

        token = await in_database(both)()
        async with running_hub(), typed_socket(SECRET) as one, typed_socket(SECRET + "-another") as other:
            assert (await one.ask("ping"))["action"] == "pong"
            await in_database(tokens.revoke)(alice, token.pk)
            assert await one.closed() == SIGNED_OUT
            assert (await other.ask("ping"))["action"] == "pong"
