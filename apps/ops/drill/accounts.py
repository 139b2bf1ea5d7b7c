"""Signed-in users for a drill, made inside the stack that it runs against."""

import json
import subprocess
import sys

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from apps.accounts.models import User
from apps.ops.stack import CHECKOUT, Stack

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
MAKE = f"from {__name__} import make_sessions; make_sessions({{count}})"


def sessions(stack: Stack, count: int) -> list[str]:
    """The session cookies of new users."""
    command = [
        sys.executable,
        "manage.py",
        "shell",
        "--verbosity",
        "0",
        "--command",
        MAKE.format(count=count),
    ]
    made = subprocess.run(command, cwd=CHECKOUT, env=stack.environment(), stdout=subprocess.PIPE, check=True)
    keys: list[str] = json.loads(made.stdout)
    return keys


def make_sessions(count: int) -> None:
    """Print them; runs in a process of the stack."""
    users = [User.objects.create(email=f"person-{number}@example.org") for number in range(count)]
    sys.stdout.write(json.dumps([_session_of(user) for user in users]))


def _session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = BACKEND
    session.save()
    return str(session.session_key)
