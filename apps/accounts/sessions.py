"""What may be said about a session without giving it away, who it is, and whether it still stands.

Django's own look at a session may change it: begun under a former SECRET_KEY, it gets another name, which
only the answer to a request can tell the browser. A socket has no such answer, so here it is only read.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models import Subquery
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from apps.accounts.models import User


def session_hash(session_key: str | None) -> str:
    """A name for a session that opens nothing: safe on the bus and in logs."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:32]


def signed_in_by(session: SessionBase) -> User | None:
    """Who is signed in by this session, which is only read; None if nobody is, or whoever was is blocked."""
    backend = session.get(BACKEND_SESSION_KEY)
    if backend not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = load_backend(backend).get_user(User._meta.pk.to_python(session.get(SESSION_KEY)))
    return user if isinstance(user, User) and is_proof(session, user) else None


def still_signed_in(session_key: str, user_id: int) -> bool:
    """Whether the session still exists and still belongs to this user, who is not blocked: one query."""
    alive = Session.objects.filter(pk=session_key, expire_date__gt=timezone.now())
    holder = User.objects.filter(pk=user_id, is_active=True)
    user = holder.annotate(session_data=Subquery(alive.values("session_data"))).first()
    if user is None or user.session_data is None:
        return False
    session = SessionStore().decode(user.session_data)
    return session.get(SESSION_KEY) == str(user_id) and is_proof(session, user)


def is_proof(session: Mapping[str, Any] | SessionBase, user: User) -> bool:
    """Whether it was begun with the password that the user has now, under this SECRET_KEY or a former one."""
    told = session.get(HASH_SESSION_KEY, "")
    proofs = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(told, proof) for proof in proofs)
