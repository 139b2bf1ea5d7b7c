from typing import Any

import pytest
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from pytest_django import Settings

from apps.accounts.models import User
from apps.accounts.sessions import session_hash, still_signed_in
from tests.web.conftest import session_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(owner: User) -> str:
    return session_of(owner)


def test_a_session_that_lives_is_still_signed_in(owner: User, session: str) -> None:
    assert still_signed_in(session, owner.pk)


def test_a_session_is_one_persons(stranger: User, session: str) -> None:
    assert not still_signed_in(session, stranger.pk)


@pytest.mark.parametrize("key", ["", "no-such-session"])
def test_no_session_is_nobodys(owner: User, key: str) -> None:
    assert not still_signed_in(key, owner.pk)


def test_a_session_that_was_deleted_is_over(owner: User, session: str) -> None:
    SessionStore(session).delete()

    assert not still_signed_in(session, owner.pk)


def test_a_session_that_expired_is_over(owner: User, session: str) -> None:
    store = SessionStore(session)
    store.set_expiry(-1)
    store.save()

    assert not still_signed_in(session, owner.pk)


def test_whoever_is_blocked_is_out(owner: User, session: str) -> None:
    User.objects.filter(pk=owner.pk).update(is_active=False)

    assert not still_signed_in(session, owner.pk)


def test_another_password_ends_older_sessions(owner: User, session: str) -> None:
    owner.set_password("another one")
    owner.save()

    assert not still_signed_in(session, owner.pk)


def test_one_begun_under_a_former_key_is_only_read(owner: User, session: str, settings: Settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    before = Session.objects.get(pk=session)

    assert [still_signed_in(session, owner.pk) for _ in range(2)] == [True, True]
    assert Session.objects.get(pk=session) == before


def test_looking_costs_one_query(owner: User, session: str, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert still_signed_in(session, owner.pk)


def test_one_begun_under_a_key_that_is_good_no_more_is_over(
    owner: User, session: str, settings: Settings
) -> None:
    settings.SECRET_KEY = "another"

    assert not still_signed_in(session, owner.pk)


@pytest.mark.parametrize("proof", ["", None, "x"])
def test_one_without_a_proof_is_nobodys_and_stays(owner: User, session: str, proof: str | None) -> None:
    store = SessionStore(session)
    store[HASH_SESSION_KEY] = proof
    store.save()

    assert not still_signed_in(session, owner.pk)
    assert Session.objects.filter(pk=session).exists()


def test_a_session_hash_opens_nothing_and_names_one_session() -> None:
    assert session_hash("one") == session_hash("one") != session_hash("two")
    assert "one" not in session_hash("one")
    assert session_hash(None) == session_hash("")
