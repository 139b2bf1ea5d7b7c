import logging

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import InterfaceError, OperationalError
from django.test import Client
from django.urls import reverse

from tests.support.tab import Tab

pytestmark = pytest.mark.django_db(transaction=True)

REFRESH = '<meta http-equiv="refresh"'
AWAY = OperationalError('connection to server at "10.0.0.7", port 5432 failed: refused')


@pytest.fixture
def page(page: Client) -> Client:
    page.raise_request_exception = False
    return page


def fail_with(
    monkeypatch: pytest.MonkeyPatch, error: Exception, where: type = SessionStore, name: str = "load"
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(where, name, fail)


@pytest.mark.parametrize("error", [AWAY, InterfaceError("connection is closed")])
def test_a_page_says_that_the_database_is_away_and_comes_back(
    page: Client, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    fail_with(monkeypatch, error)

    response = page.get("/")

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert REFRESH in response.content.decode()
    assert "cannot reach its database" in response.content.decode()
    assert response["Content-Security-Policy"]


def test_what_fails_around_the_views_is_answered_likewise(
    page: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(monkeypatch, AWAY, SessionMiddleware, "process_response")

    assert page.get("/").status_code == 503


def test_a_form_is_not_asked_for_again_by_itself(page: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, AWAY)

    response = page.post(reverse("account_email"))

    assert response.status_code == 503
    assert REFRESH not in response.content.decode()


def test_any_other_fault_is_told_as_ours(page: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, RuntimeError("broken"))

    assert page.get("/").status_code == 500


def test_the_log_has_one_line_for_it(
    page: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fail_with(monkeypatch, AWAY)

    page.get("/")

    assert [(r.message, r.exc_info) for r in caplog.records if r.levelno > logging.INFO] == [
        ("The database is away for a page: OperationalError", None)
    ]


async def test_a_socket_is_refused_in_one_line_too(
    session: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fail_with(monkeypatch, AWAY)

    assert not await Tab(session).opened()
    assert [record.message for record in caplog.records] == [
        "The database is away for a socket: OperationalError"
    ]
