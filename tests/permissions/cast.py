"""Who asks, and for what: the owner's things, which are nobody else's."""

import time
import uuid
from dataclasses import dataclass
from datetime import timedelta

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Device, Preferences, Scope, Token, User
from apps.accounts.tokens import issue, revoke
from apps.chat.actions import delete
from apps.oversight.audit import Actor, begin_reading
from tests.factories import (
    ConversationFactory,
    FeedbackFactory,
    GenerationFactory,
    QueuedMessageFactory,
    ReplyFactory,
    UserFactory,
    WorkerFactory,
)
from tests.support.passkey import passkey

SIGNED_IN = ("owner", "other", "staff", "trusted")
BY_TOKEN = {"writer": Scope.WRITE, "reader": Scope.READ, "revoked": Scope.WRITE}
ROLES = (*SIGNED_IN, "anonymous", *BY_TOKEN)


@dataclass(frozen=True)
class Place:
    """The ids of one conversation and of what else is about as old: there, deleted, or never given."""

    conversation: object
    message: object
    queued: object
    device: object
    token: object
    passkey: object


class World:
    """The owner's things (`here`), what they have deleted (`gone`), and what never was (`nowhere`)."""

    def __init__(self) -> None:
        self.owner, self.other = (UserFactory(email=f"{name}@example.org") for name in ("owner", "other"))
        self.staff, self.trusted = (
            UserFactory(email=f"{name}@example.org", is_staff=True) for name in ("staff", "trusted")
        )
        self.trusted.user_permissions.set(Permission.objects.all())
        Group.objects.create(name="group")
        Preferences.objects.create(user=self.owner)
        EmailAddress.objects.create(user=self.owner, email=self.owner.email, primary=True, verified=True)
        self.here, self.gone = self._place(), self._place()
        self._take_away(self.gone)
        self.nowhere = Place(*(uuid.uuid4() for _ in range(5)), passkey=uuid.uuid4().int >> 97)
        self.cookies = {role: _signed_in(getattr(self, role)) for role in SIGNED_IN}
        self.tokens = {role: self._token(role) for role in BY_TOKEN}
        Token.objects.update(last_used_at=timezone.now())  # which is noted once in a while

    def browser(self, role: str) -> Client:
        """One of their own, or a program with a token."""
        client = Client(raise_request_exception=False)
        client.cookies.load(self.cookies.get(role, {}))
        if role in self.tokens:
            client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {self.tokens[role]}"
        return client

    def _token(self, role: str) -> str:
        token, secret = issue(self.owner, name=role, scope=BY_TOKEN[role], lifetime=timedelta(days=7))
        if role == "revoked":
            revoke(self.owner, token.pk)
        return secret

    def _place(self) -> Place:
        conversation = ConversationFactory(owner=self.owner, title="Of the owner", rev=1)
        reply = ReplyFactory(parent__conversation=conversation, content="Said to the owner", stopped=True)
        FeedbackFactory(message=reply)
        GenerationFactory(message=reply)
        WorkerFactory()
        begin_reading(Actor(self.owner), conversation, "because")
        queued = QueuedMessageFactory(conversation=conversation)
        session = Session.objects.create(pk=uuid.uuid4().hex[:32], expire_date=timezone.now())
        device = Device.objects.create(session=session, user=self.owner, seen_at=timezone.now())
        kind = Authenticator.Type.WEBAUTHN
        row = {
            "pk": uuid.uuid4().int >> 97,
            "user": self.owner,
            "type": kind,
        }  # no number that stands in pages
        key = Authenticator.objects.create(**row, data=passkey("Blue key"))
        token, _ = issue(self.owner, name="another", scope=Scope.READ, lifetime=timedelta(days=7))
        return Place(conversation.pk, reply.pk, queued.pk, device.pk, token.pk, key.pk)

    def _take_away(self, place: Place) -> None:
        delete(self.owner, place.conversation)
        revoke(self.owner, place.token)
        Device.objects.filter(pk=place.device).delete()
        Authenticator.objects.filter(pk=place.passkey).delete()


def _signed_in(user: User) -> dict[str, str]:
    """The cookies of somebody who has proved a moment ago who they are."""
    proof = {"method": "password", "at": time.time(), "reauthenticated": True}
    session = SessionStore()
    session[SESSION_KEY] = session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [proof]
    session.create()
    return {settings.SESSION_COOKIE_NAME: session.session_key}
