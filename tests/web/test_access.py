import uuid

import pytest
from django.contrib.sessions.backends.db import SessionStore

from apps.accounts.models import User
from apps.chat.actions import delete
from apps.web.access import may_watch, still_signed_in
from tests.factories import ConversationFactory
from tests.web.conftest import session_of

pytestmark = pytest.mark.django_db


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


def test_another_password_ends_older_sessions(owner: User) -> None:
    session = session_of(owner)
    owner.set_password("another one")
    owner.save()

    assert not still_signed_in(session, owner.pk)


def test_people_may_watch_what_is_theirs_and_there(owner: User, stranger: User) -> None:
    mine, deleted = ConversationFactory.create_batch(2, owner=owner)
    delete(owner, deleted.pk)

    assert may_watch(owner.pk, mine.pk)
    for user, pk in ((stranger, mine.pk), (owner, deleted.pk), (owner, uuid.uuid4())):
        assert not may_watch(user.pk, pk)
