from collections.abc import Callable
from typing import Any
from unittest.mock import Mock, patch

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.accounts.access import Access, by_session, by_ticket, by_token, issue_ticket
from apps.accounts.blocking import block, end_access, sign_out_everywhere, unblock
from apps.accounts.events import AccessEnded
from apps.accounts.models import User
from apps.accounts.sessions import still_signed_in
from apps.events import Event
from tests.factories import TokenFactory
from tests.web.conftest import session_of

pytestmark = pytest.mark.django_db

SECRET = "colloquy_secret"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    events: list[Event] = []
    monkeypatch.setattr("apps.events.publish", lambda *published: events.extend(published))
    return events


@pytest.fixture
def page(owner: User) -> Client:
    """A browser that has asked for a page: a device."""
    client = Client()
    client.force_login(owner)
    client.get(reverse("devices"))
    return client


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def test_whoever_is_blocked_is_out_everywhere_and_open_pages_hear(
    owner: User, page: Client, told: list[Event], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    token = TokenFactory(user=owner, secret=SECRET)
    ticket = issue_ticket(Access(owner, token_id=token.pk))

    with django_capture_on_commit_callbacks(execute=True):
        block(owner)
        assert told == []

    assert told == [AccessEnded(user_id=owner.pk)]
    assert not is_in(page)
    assert (by_token(SECRET), by_ticket(ticket)) == (None, None)


def test_whoever_is_unblocked_signs_in_again_and_has_their_tokens(owner: User, page: Client) -> None:
    TokenFactory(user=owner, secret=SECRET)
    block(owner)

    unblock(owner)

    assert not is_in(page)
    page.force_login(owner)
    assert is_in(page)
    assert by_token(SECRET)


def test_signing_out_everywhere_ends_sessions_and_tickets_but_no_token(
    owner: User,
    page: Client,
    told: list[Event],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    token = TokenFactory(user=owner, secret=SECRET)
    tickets = [
        issue_ticket(Access(owner, token_id=token.pk)),
        issue_ticket(by_session(owner, session_of(owner))),
    ]

    with django_capture_on_commit_callbacks(execute=True):
        sign_out_everywhere(owner)

    assert told == [AccessEnded(user_id=owner.pk)]
    assert not is_in(page)
    assert [by_ticket(ticket) for ticket in tickets] == [None, None]
    assert by_token(SECRET)


def test_after_access_has_ended_nothing_that_anybody_holds_lets_them_in(owner: User, page: Client) -> None:
    token = TokenFactory(user=owner, secret=SECRET)
    ticket = issue_ticket(Access(owner, token_id=token.pk))

    end_access(owner)

    assert not is_in(page)
    assert (by_token(SECRET), by_ticket(ticket)) == (None, None)


def test_a_session_that_has_not_been_seen_ends_as_well(owner: User, stranger: User) -> None:
    mine, theirs = session_of(owner), session_of(stranger)

    sign_out_everywhere(owner)

    assert not still_signed_in(mine, owner.pk)
    assert still_signed_in(theirs, stranger.pk)


def test_nobody_elses_session_is_read_however_many_there_are(owner: User, page: Client) -> None:
    for _ in range(3):
        Client().get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
    assert Session.objects.filter(device=None).count() == 3

    with patch.object(Session, "get_decoded", Mock(side_effect=AssertionError)):
        block(owner)

    assert not is_in(page)


def test_a_session_begun_under_a_former_key_ends_as_well(owner: User, settings: Settings) -> None:
    mine = session_of(owner)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key"
    assert still_signed_in(mine, owner.pk)

    sign_out_everywhere(owner)

    assert not still_signed_in(mine, owner.pk)


def test_whoever_signs_in_again_stays_in(owner: User) -> None:
    sign_out_everywhere(owner)

    mine = session_of(User.objects.get(pk=owner.pk))

    assert still_signed_in(mine, owner.pk)


def test_others_stay_in(owner: User, stranger: User) -> None:
    client = Client()
    client.force_login(stranger)

    block(owner)

    assert is_in(client)
