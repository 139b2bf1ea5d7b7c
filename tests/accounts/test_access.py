from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts import access
from apps.accounts.access import Access, by_session, by_ticket, by_token, issue_ticket, still_granted
from apps.accounts.events import AccessEnded, TokenRevoked
from apps.accounts.models import Scope, Ticket, Token, User
from apps.accounts.sessions import session_hash
from apps.events import Event, Kicked
from tests.factories import TokenFactory
from tests.support.threads import at_once
from tests.web.conftest import session_of

pytestmark = pytest.mark.django_db

SECRET = "colloquy_" + "s" * 43
PAST = timezone.now() - timedelta(seconds=1)
ENDINGS: list[dict[str, Any]] = [{"expires_at": PAST}, {"revoked_at": PAST}]


@pytest.fixture
def token(owner: User) -> Token:
    return TokenFactory(user=owner, secret=SECRET)


@pytest.fixture
def session(owner: User) -> Access:
    return by_session(owner, session_of(owner))


def of(token: Token, *, writes: bool = True) -> Access:
    return Access(token.user, token_id=token.pk, writes=writes)


class TestByToken:
    def test_it_lets_its_owner_in(self, token: Token) -> None:
        assert by_token(SECRET) == of(token)

    def test_one_to_read_by_changes_nothing(self, owner: User) -> None:
        token = TokenFactory(user=owner, secret=SECRET, scope=Scope.READ)

        assert by_token(SECRET) == of(token, writes=False)

    @pytest.mark.parametrize("secret", ["", "x", SECRET[:-1], SECRET + "s", SECRET.upper(), "\ud800\0"])
    def test_another_secret_is_nobodys(self, token: Token, secret: str) -> None:
        assert by_token(secret) is None

    @pytest.mark.parametrize("ending", ENDINGS)
    def test_one_that_ended_lets_nobody_in(self, owner: User, ending: dict[str, Any]) -> None:
        TokenFactory(user=owner, secret=SECRET, **ending)

        assert by_token(SECRET) is None

    def test_whoever_is_blocked_stays_out(self, token: Token) -> None:
        User.objects.update(is_active=False)

        assert by_token(SECRET) is None

    def test_its_digest_opens_nothing(self, token: Token) -> None:
        assert by_token(token.digest) is None


class TestLastUse:
    def used_at(self, token: Token) -> Any:
        by_token(SECRET)
        token.refresh_from_db()
        return token.last_used_at

    def test_it_is_noted_at_most_once_a_minute(self, token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
        began = timezone.now()
        seconds = iter([0, 59, 60])
        moments = [began + timedelta(seconds=second) for second in seconds]
        noted = []
        for moment in moments:
            monkeypatch.setattr(access.timezone, "now", lambda moment=moment: moment)
            noted.append(self.used_at(token))

        assert noted == [moments[0], moments[0], moments[2]]

    def test_a_note_that_cannot_be_made_keeps_nobody_out(
        self, token: Token, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(QuerySet, "update", Mock(side_effect=OperationalError("database is locked")))

        assert by_token(SECRET) == of(token)
        assert "could not be noted: OperationalError" in caplog.text

    def test_a_use_soon_after_costs_one_query(self, token: Token, django_assert_num_queries: Any) -> None:
        by_token(SECRET)

        with django_assert_num_queries(1):
            by_token(SECRET)


class TestTickets:
    def test_one_carries_the_rights_of_a_token(self, token: Token) -> None:
        assert by_ticket(issue_ticket(of(token))) == of(token)

    def test_one_made_by_a_token_to_read_by_changes_nothing(self, token: Token) -> None:
        assert by_ticket(issue_ticket(of(token, writes=False))) == of(token, writes=False)

    def test_one_carries_the_rights_of_a_session(self, session: Access) -> None:
        assert by_ticket(issue_ticket(session)) == session

    def test_one_opens_once(self, session: Access) -> None:
        secret = issue_ticket(session)

        assert [bool(by_ticket(secret)) for _ in range(2)] == [True, False]

    @pytest.mark.django_db(transaction=True)
    def test_one_opens_once_for_all_who_come_at_the_same_moment(self, session: Access) -> None:
        for _ in range(5):
            let_in = at_once(*[partial(by_ticket, issue_ticket(session))] * 4)

            assert sorted(map(bool, let_in)) == [False, False, False, True]

    def test_one_is_good_for_half_a_minute(self, session: Access, monkeypatch: pytest.MonkeyPatch) -> None:
        issued_at = timezone.now()
        early, late = issue_ticket(session), issue_ticket(session)

        monkeypatch.setattr(access.timezone, "now", lambda: issued_at + timedelta(seconds=29))
        assert by_ticket(early)
        monkeypatch.setattr(access.timezone, "now", lambda: issued_at + timedelta(seconds=31))
        assert not by_ticket(late)

    @pytest.mark.parametrize("ending", [*ENDINGS, None])
    def test_one_ends_with_its_token(self, token: Token, ending: dict[str, Any] | None) -> None:
        secret = issue_ticket(of(token))
        Token.objects.update(**ending) if ending else Token.objects.all().delete()

        assert by_ticket(secret) is None

    def test_one_ends_with_its_session(self, session: Access) -> None:
        secret = issue_ticket(session)
        SessionStore(session.session_key).delete()

        assert by_ticket(secret) is None

    def test_whoever_is_blocked_stays_out(self, token: Token, session: Access) -> None:
        tickets = [issue_ticket(of(token)), issue_ticket(session)]
        User.objects.update(is_active=False)

        assert [by_ticket(secret) for secret in tickets] == [None, None]

    @pytest.mark.parametrize("secret", ["", "x", "\ud800\0"])
    def test_another_secret_is_nobodys(self, session: Access, secret: str) -> None:
        issue_ticket(session)

        assert by_ticket(secret) is None

    def test_those_out_of_date_go_when_another_is_made(self, session: Access) -> None:
        issue_ticket(session)
        Ticket.objects.update(expires_at=PAST)

        issue_ticket(session)

        assert Ticket.objects.count() == 1

    def test_its_secret_is_in_no_row(self, session: Access) -> None:
        secret = issue_ticket(session)

        assert secret not in str(Ticket.objects.values_list())


class TestStillGranted:
    def test_a_good_token_and_a_session_that_stands_are(self, token: Token, session: Access) -> None:
        assert still_granted(of(token))
        assert still_granted(session)

    @pytest.mark.parametrize("ending", ENDINGS)
    def test_a_token_that_ended_is_not(self, token: Token, ending: dict[str, Any]) -> None:
        Token.objects.update(**ending)

        assert not still_granted(of(token))

    def test_a_session_that_ended_is_not(self, session: Access) -> None:
        SessionStore(session.session_key).delete()

        assert not still_granted(session)

    def test_nothing_is_to_whoever_is_blocked(self, token: Token, session: Access) -> None:
        User.objects.update(is_active=False)

        assert not still_granted(of(token))
        assert not still_granted(session)

    def test_a_token_is_to_nobody_else(self, token: Token, stranger: User) -> None:
        assert not still_granted(Access(stranger, token_id=token.pk))


class TestEnding:
    @pytest.mark.parametrize(
        ("mark", "ended"), [("", (True, True)), (session_hash("key"), (True, False)), ("x", (False, False))]
    )
    def test_access_ends_in_one_session_or_everywhere(self, mark: str, ended: tuple[bool, bool]) -> None:
        user = User(pk=7)
        event = AccessEnded(user_id=7, session_hash=mark)

        held = (by_session(user, "key"), Access(user, token_id=uuid4()))

        assert tuple(access.is_ended_by(event) for access in held) == ended

    def test_a_revoked_token_ends_what_was_opened_by_it_alone(self) -> None:
        user, token_id = User(pk=7), uuid4()
        event = TokenRevoked(user_id=7, token_id=token_id)

        held = (Access(user, token_id=token_id), Access(user, token_id=uuid4()), by_session(user, "key"))

        assert [access.is_ended_by(event) for access in held] == [True, False, False]

    @pytest.mark.parametrize("event", [Kicked(where="user.7"), AccessEnded(user_id=8)])
    def test_other_news_ends_nothing(self, event: Event) -> None:
        assert not by_session(User(pk=7), "key").is_ended_by(event)
