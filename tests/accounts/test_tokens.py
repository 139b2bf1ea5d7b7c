from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import serializers
from django.utils import timezone

from apps.accounts import tokens
from apps.accounts.access import by_session, by_token, issue_ticket
from apps.accounts.events import TokenRevoked
from apps.accounts.models import Scope, Ticket, Token, User
from apps.accounts.tasks import forget_tokens
from apps.accounts.tokens import (
    LIFETIMES,
    MOST_LIVE,
    PAGE,
    TooManyTokens,
    issue,
    revoke,
    revoke_all,
    tokens_of,
)
from apps.events import Event
from tests.factories import TokenFactory
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db

WEEK = LIFETIMES[0]
NOW = timezone.now()
PAST = NOW - timedelta(seconds=1)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    events: list[Event] = []
    monkeypatch.setattr("apps.events.publish", lambda *published: events.extend(published))
    return events


def make(user: User, name: str = "Laptop") -> tuple[Token, str]:
    return issue(user, name=name, scope=Scope.WRITE, lifetime=WEEK)


class TestIssuing:
    def test_the_secret_lets_in_and_is_told_this_once(self, owner: User) -> None:
        token, secret = make(owner)

        found = by_token(secret)
        assert found
        assert (found.user, found.token_id, found.writes) == (owner, token.pk, True)
        assert secret not in serializers.serialize("json", Token.objects.all())

    def test_the_secret_says_what_it_is_and_is_long_enough(self, owner: User) -> None:
        (first, secret), (_, other) = make(owner), make(owner)

        assert secret.startswith("colloquy_")
        assert len(secret) == len("colloquy_") + 43
        assert secret != other
        assert first.hint == secret[-4:]

    def test_it_expires_when_that_was_wanted(self, owner: User) -> None:
        token, _ = make(owner)

        assert abs(token.expires_at - token.created_at - WEEK) < timedelta(seconds=30)

    def test_there_are_only_so_many(self, owner: User, stranger: User) -> None:
        TokenFactory.create_batch(MOST_LIVE, user=owner)

        with pytest.raises(TooManyTokens):
            make(owner)
        assert make(stranger)

    @pytest.mark.parametrize("ending", [{"expires_at": PAST}, {"revoked_at": PAST}])
    def test_those_that_ended_do_not_count(self, owner: User, ending: dict[str, Any]) -> None:
        TokenFactory.create_batch(MOST_LIVE, user=owner, **ending)

        assert make(owner)

    @pytest.mark.django_db(transaction=True)
    def test_there_are_no_more_when_many_ask_at_once(self, owner: User) -> None:
        TokenFactory.create_batch(MOST_LIVE - 1, user=owner)

        def one_more() -> bool:
            try:
                return bool(make(owner))
            except TooManyTokens:
                return False

        assert sorted(at_once(*[one_more] * 4)) == [False, False, False, True]
        assert owner.tokens.count() == MOST_LIVE


class TestRevoking:
    def test_it_lets_nobody_in_any_more_and_is_told_once_stored(
        self,
        owner: User,
        told: list[Event],
        django_capture_on_commit_callbacks: Callable[..., Any],
    ) -> None:
        token, secret = make(owner)

        with django_capture_on_commit_callbacks(execute=True):
            revoke(owner, token.pk)
            assert told == []

        assert told == [TokenRevoked(user_id=owner.pk, token_id=token.pk)]
        assert by_token(secret) is None

    def test_one_that_is_revoked_is_gone(self, owner: User) -> None:
        token = TokenFactory(user=owner, revoked_at=PAST)

        with pytest.raises(Token.DoesNotExist):
            revoke(owner, token.pk)

    def test_somebody_elses_is_absent(self, owner: User, stranger: User) -> None:
        token = TokenFactory(user=owner)

        with pytest.raises(Token.DoesNotExist):
            revoke(stranger, token.pk)
        token.refresh_from_db()
        assert token.revoked_at is None

    def test_all_are_revoked_at_once_but_nobody_elses(
        self,
        owner: User,
        stranger: User,
        told: list[Event],
        django_capture_on_commit_callbacks: Callable[..., Any],
    ) -> None:
        (first, one), (second, another), (_third, theirs) = make(owner), make(owner), make(stranger)

        with django_capture_on_commit_callbacks(execute=True):
            revoke_all(owner)

        assert [bool(by_token(secret)) for secret in (one, another, theirs)] == [False, False, True]
        events = {TokenRevoked(user_id=owner.pk, token_id=token.pk) for token in (first, second)}
        assert (len(told), set(told)) == (2, events)

    def test_one_that_ended_by_itself_is_not_said_to_be_revoked(self, owner: User) -> None:
        token = TokenFactory(user=owner, expires_at=PAST)

        revoke_all(owner)

        token.refresh_from_db()
        assert token.revoked_at is None


class TestListing:
    def test_pages_hold_every_token_once_the_newest_first(self, owner: User) -> None:
        made = TokenFactory.create_batch(PAGE + 3, user=owner)
        Token.objects.filter(pk__in=[token.pk for token in made[:5]]).update(created_at=NOW)

        first, has_more = tokens_of(owner)
        second, has_even_more = tokens_of(owner, behind=first[-1].pk)

        assert (len(first), has_more, len(second), has_even_more) == (PAGE, True, 3, False)
        assert {token.pk for token in [*first, *second]} == {token.pk for token in made}
        assert [token.created_at for token in first] == sorted(
            (token.created_at for token in first), reverse=True
        )

    def test_expired_ones_are_listed_and_revoked_ones_are_not(self, owner: User) -> None:
        TokenFactory(user=owner, revoked_at=PAST)
        expired = TokenFactory(user=owner, expires_at=PAST)

        assert list(tokens_of(owner)[0]) == [expired]
        assert expired.is_expired

    def test_those_of_others_are_not_listed(self, owner: User, stranger: User) -> None:
        theirs = TokenFactory(user=owner)

        assert list(tokens_of(stranger)[0]) == []
        with pytest.raises(Token.DoesNotExist):
            tokens_of(stranger, behind=theirs.pk)


class TestForgetting:
    def test_tickets_out_of_date_go(self, owner: User) -> None:
        access = by_session(owner, "key")
        issue_ticket(access)
        Ticket.objects.update(expires_at=PAST)
        other = by_session(User.objects.create_user("other@example.org"), "key")
        issue_ticket(other)

        forget_tokens()

        assert Ticket.objects.get().user == other.user

    @pytest.mark.parametrize("ending", ["expires_at", "revoked_at"])
    def test_tokens_that_ended_long_ago_go(self, owner: User, ending: str) -> None:
        TokenFactory(user=owner, **{ending: NOW - tokens.KEPT_FOR - timedelta(minutes=1)})
        lately = TokenFactory(user=owner, **{ending: NOW - timedelta(days=1)})

        forget_tokens()

        assert list(Token.objects.all()) == [lately]
