"""Tokens by which people let their programs in: made, listed, taken back."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.access import RANDOM_BYTES, digest_of
from apps.accounts.events import TokenRevoked
from apps.accounts.models import Scope, Ticket, Token, User
from apps.events import publish_on_commit

PREFIX = "colloquy_"  # by which people and scanners know such a secret where it lies about
LIFETIMES = tuple(timedelta(days=days) for days in (7, 30, 90, 365))
MOST_LIVE = 50  # tokens of one user
PAGE = 20  # tokens
KEPT_FOR = timedelta(days=90)  # after a token has ended


class TooManyTokens(Exception):
    """The user has MOST_LIVE already."""


class AlreadyIssued(Exception):
    """There is a token with this id: whoever asked did so twice."""


@transaction.atomic
def issue(
    user: User, *, name: str, scope: Scope, lifetime: timedelta, token_id: UUID | None = None
) -> tuple[Token, str]:
    """A new token and its secret, which is known this once; raises TooManyTokens or AlreadyIssued."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # one at a time: they are counted
    token_id = token_id or uuid4()
    if Token.objects.filter(pk=token_id).exists():
        raise AlreadyIssued
    if user.tokens.live().count() >= MOST_LIVE:
        raise TooManyTokens
    secret = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    token = user.tokens.create(
        id=token_id,
        name=name,
        scope=scope,
        digest=digest_of(secret),
        hint=secret[-4:],
        expires_at=timezone.now() + lifetime,
    )
    return token, secret


@transaction.atomic
def revoke(user: User, token_id: UUID) -> None:
    """Let nobody in by this token any more, and close what is open by it; raises Token.DoesNotExist."""
    if not user.tokens.unrevoked().filter(pk=token_id).update(revoked_at=timezone.now()):
        raise Token.DoesNotExist
    publish_on_commit(TokenRevoked(user_id=user.pk, token_id=token_id))


@transaction.atomic
def revoke_all(user: User) -> None:
    """Let nobody in by any token of the user's any more, and close what is open by them."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # none is made meanwhile
    revoked = list(user.tokens.live().values_list("pk", flat=True))
    user.tokens.filter(pk__in=revoked).update(revoked_at=timezone.now())
    publish_on_commit(*(TokenRevoked(user_id=user.pk, token_id=pk) for pk in revoked))


def tokens_of(user: User, *, behind: UUID | None = None) -> tuple[Sequence[Token], bool]:
    """At most PAGE of what the user has not revoked, the newest first, and whether there are more.

    `behind` is the token that another page ended with; raises Token.DoesNotExist.
    """
    listed = user.tokens.unrevoked().order_by("-created_at", "-id")
    if behind:
        last = user.tokens.get(pk=behind)
        older = Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, id__lt=last.pk)
        listed = listed.filter(older)
    found = list(listed[: PAGE + 1])
    return found[:PAGE], len(found) > PAGE


def forget() -> None:
    """Take away tickets out of date, and tokens that ended long ago."""
    now = timezone.now()
    Ticket.objects.filter(expires_at__lte=now).delete()
    Token.objects.filter(Q(expires_at__lte=now - KEPT_FOR) | Q(revoked_at__lte=now - KEPT_FOR)).delete()
