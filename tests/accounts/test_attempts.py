import pytest
from django.conf import settings as configured
from django.core.cache import cache, caches
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.accounts.attempts import SharedCache
from config.settings.environment import caches as caches_for
from tests.factories import UserFactory

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def limited(settings: Settings) -> Settings:
    settings.ACCOUNT_RATE_LIMITS = {"login": "3/m/ip", "login_failed": "2/m/key"}
    cache.clear()
    return settings


def sign_in(client: Client, email: str, password: str = "wrong") -> object:
    return client.post(reverse("account_login"), {"login": email, "password": password})


@pytest.mark.django_db
def test_too_many_tries_get_a_page_that_says_so(client: Client, limited: Settings) -> None:
    answers = [sign_in(client, f"person{number}@example.org") for number in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "<h1>Too many tries</h1>" in answers[-1].content.decode()
    assert answers[-1]["Content-Security-Policy"]


@pytest.mark.django_db
def test_guessing_one_password_ends_even_with_the_right_one(client: Client, limited: Settings) -> None:
    limited.ACCOUNT_RATE_LIMITS = {"login_failed": "2/m/key"}
    user = UserFactory(password="a calm place to talk")
    for _ in range(2):
        sign_in(client, user.email)

    sign_in(client, user.email, "a calm place to talk")

    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_a_letter_that_is_asked_for_too_soon_is_refused_in_words(client: Client, limited: Settings) -> None:
    limited.ACCOUNT_RATE_LIMITS = {"confirm_email": "1/180s/key"}
    user = UserFactory()
    client.force_login(user)
    once_more = {"email": user.email, "action_send": ""}
    first, second = (client.post(reverse("account_email"), once_more, follow=True) for _ in range(2))

    assert "ask again in three minutes" not in first.content.decode()
    assert "ask again in three minutes" in second.content.decode()


def test_without_redis_the_only_process_counts() -> None:
    assert caches_for("")["default"]["BACKEND"].endswith("LocMemCache")


def test_with_redis_all_processes_count_together() -> None:
    shared = caches_for("redis://cache:6379/0")["default"]

    assert shared["BACKEND"] == f"{SharedCache.__module__}.{SharedCache.__name__}"
    assert shared["LOCATION"] == "redis://cache:6379/0"


@pytest.mark.skipif("not configured.REDIS_URL", reason="there is no Redis in this profile")
def test_what_one_process_counts_another_sees() -> None:
    one, other = (caches.create_connection("default") for _ in range(2))
    one.set("attempts", [1.0, 2.0], 60)

    assert other.get("attempts") == [1.0, 2.0]
    assert not other.add("attempts", [], 60)
    assert other.delete("attempts")
    assert one.get("attempts") is None
    assert configured.REDIS_URL


def test_while_redis_is_away_each_process_counts_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    away = SharedCache(NOWHERE, {"OPTIONS": {"socket_timeout": 1.0}})

    assert away.add("attempts", [1.0], 60)
    assert not away.add("attempts", [2.0], 60)
    away.set("attempts", [3.0], 60)
    assert away.get("attempts") == [3.0]
    assert away.delete("attempts")
    assert away.get("attempts", []) == []
    assert "in this process alone" in caplog.text
