"""By what somebody is let in, and for how long that holds.

A token or a ticket says nothing by itself: what counts is what is stored about it now. Secrets are drawn from
256 bits of chance, so that a plain digest keeps them.
"""

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone

from apps.accounts.events import AccessEnded, TokenRevoked
from apps.accounts.models import Scope, Ticket, Token, User
from apps.accounts.sessions import session_hash, still_signed_in
from apps.events import Event

logger = logging.getLogger(__name__)

RANDOM_BYTES = 32
TICKET_LIFE = timedelta(seconds=30)
NOTED_EVERY = timedelta(minutes=1)  # between two uses of the same token that are stored


@dataclass(frozen=True)
class Access:
    """By what somebody is let in: a session or a token; `writes` is whether they may change anything."""

    user: User
    token_id: UUID | None = None
    session_key: str = ""
    writes: bool = True

    def is_ended_by(self, event: Event) -> bool:
        """Whether whatever is open by this has to close now."""
        match event:
            case TokenRevoked():
                return event.token_id == self.token_id
            case AccessEnded(session_hash=""):
                return event.user_id == self.user.pk
            case AccessEnded():
                return self.token_id is None and event.session_hash == session_hash(self.session_key)
        return False


def by_session(user: User, session_key: str) -> Access:
    return Access(user, session_key=session_key)


def by_token(secret: str) -> Access | None:
    """Whom this token lets in; None if it is unknown, expired or revoked, or its owner blocked."""
    token = Token.objects.good().select_related("user").filter(digest=digest_of(secret)).first()
    if token is None:
        return None
    _note_use(token)
    return Access(token.user, token_id=token.pk, writes=token.scope == Scope.WRITE)


def by_ticket(secret: str) -> Access | None:
    """Whom this ticket lets in, this once; None if it is unknown, used, out of date or no longer granted."""
    unused = Ticket.objects.filter(digest=digest_of(secret), expires_at__gt=timezone.now())
    ticket = unused.select_related("user").first()
    if ticket is None or not _take(ticket):
        return None
    access = Access(ticket.user, ticket.token_id, ticket.session_key, ticket.writes)
    return access if still_granted(access) else None


def issue_ticket(access: Access) -> str:
    """The secret that opens one socket or stream within TICKET_LIFE, with the same rights."""
    secret, now = secrets.token_urlsafe(RANDOM_BYTES), timezone.now()
    Ticket.objects.filter(user=access.user, expires_at__lte=now).delete()
    Ticket.objects.create(
        digest=digest_of(secret),
        user=access.user,
        token_id=access.token_id,
        session_key=access.session_key,
        writes=access.writes,
        expires_at=now + TICKET_LIFE,
    )
    return secret


def still_granted(access: Access) -> bool:
    """Whether the token is still good, or the session still stands, and its user is not blocked."""
    if access.token_id is None:
        return still_signed_in(access.session_key, access.user.pk)
    return Token.objects.good().filter(pk=access.token_id, user=access.user).exists()


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _take(ticket: Ticket) -> bool:
    """Use it up; False if somebody else has."""
    used, _rows = Ticket.objects.filter(pk=ticket.pk).delete()
    return used == 1


def _note_use(token: Token) -> None:
    """Once in a while; a note that cannot be made keeps nobody out."""
    now = timezone.now()
    if token.last_used_at and token.last_used_at > now - NOTED_EVERY:
        return
    unnoted = Q(last_used_at=None) | Q(last_used_at__lte=now - NOTED_EVERY)
    try:
        Token.objects.filter(unnoted, pk=token.pk).update(last_used_at=now)
    except DatabaseError as error:
        logger.warning("The use of a token could not be noted: %s", type(error).__name__)
