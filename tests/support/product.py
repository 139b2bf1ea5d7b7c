"""The real product as processes, with data of its own: what `make run` starts, or the whole server stack.

`with product() as running` starts what COLLOQUY_PROFILE names. Its database is read with plain SQL, so that
nothing of the code under test stands between a test and what is stored.
"""

import itertools
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from threading import Condition
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import psycopg

from apps.ops.process import Process
from apps.ops.services import Services
from apps.ops.stack import CHECKOUT, Stack
from tests.support.profile import PROFILE, UNSET
from tests.support.proxy import Spreading

MANAGE = (sys.executable, "manage.py")
NOT_INHERITED = {*UNSET, "DATABASE_URL", "REDIS_URL"}
PASSWORD = "a calm place to talk"
AT_ONCE = 60  # accounts
MAKE_ACCOUNTS = """
import json
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from apps.accounts.models import User

password = make_password({password!r})
accounts = []
for number in range({first}, {first} + {count}):
    staff = number == 0
    email = f"person-{{number}}@example.org"
    user = User.objects.create(email=email, password=password, is_staff=staff, is_superuser=staff)
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session.save()
    accounts.append([email, session.session_key])
print(json.dumps(accounts))
"""
REPLIES = """
SELECT m.id, m.status, m.content, m.error_code, m.attempt, c.start, c.text
FROM chat_message m LEFT JOIN chat_chunk c ON c.message_id = m.id
WHERE m.role = 'assistant' ORDER BY m.created_at, m.id, c.start
"""


@dataclass(frozen=True)
class Account:
    """Somebody who has signed in: `session` is the cookie."""

    email: str
    session: str
    password: str = PASSWORD


@dataclass
class StoredReply:
    id: UUID
    status: str
    text: str
    error_code: str
    attempt: int

    @property
    def is_live(self) -> bool:
        return self.status in {"queued", "streaming"}


@dataclass
class Product(ABC):
    """A running product. `settings` are environment variables on top of the profile's own; `webs` is how many
    web processes a proxy spreads connections over, where the profile can have several."""

    settings: dict[str, str] = field(default_factory=dict)
    webs: int = 1
    printed: list[str] = field(default_factory=list)  # lines of every process, mail included

    def __post_init__(self) -> None:
        self._exit = ExitStack()
        self._printed_more = Condition()

    @property
    @abstractmethod
    def web(self) -> Process: ...

    @property
    @abstractmethod
    def base_url(self) -> str: ...

    @property
    @abstractmethod
    def environment(self) -> dict[str, str]: ...

    @abstractmethod
    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows that a statement, with %s for values, reads from the product's database."""

    @abstractmethod
    def _start(self, undo: ExitStack) -> None: ...

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            self._data = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="colloquy-product-")))
            self._start(undo)
            self._exit = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    @property
    def pid(self) -> int:
        return self.web.pid

    @property
    def all_web(self) -> list[Process]:
        return [self.web]

    def kill(self) -> None:
        """End every web process as a power cut would: no signal it could handle."""
        for process in self.all_web:
            process.kill()

    def restart(self) -> None:
        """Start what was killed again, on the same data and port; wait until it answers."""
        for process in self.all_web:
            process.launch()
        for process in self.all_web:
            process.wait_ready()

    def manage(self, *arguments: str) -> str:
        """What a management command prints."""
        done = subprocess.run(
            [*MANAGE, *arguments],
            cwd=CHECKOUT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{done.stderr}")
        return done.stdout

    def accounts(self, count: int, first: int = 0) -> list[Account]:
        """New accounts, signed in, numbered from `first`; number 0 is an administrator."""
        script = MAKE_ACCOUNTS.format(first=first, count=count, password=PASSWORD)
        made = json.loads(self.manage("shell", "--verbosity", "0", "--command", script))
        return [Account(email, session) for email, session in made]

    def people(self) -> Iterator[Account]:
        """As many accounts as somebody asks for."""
        for first in itertools.count(step=AT_ONCE):
            yield from self.accounts(AT_ONCE, first)

    def replies(self) -> list[StoredReply]:
        """All replies as one statement sees them, the text of running ones included."""
        found: dict[UUID, StoredReply] = {}
        for pk, status, content, error_code, attempt, start, text in self.query(REPLIES):
            message_id = UUID(str(pk))
            reply = found.setdefault(
                message_id, StoredReply(message_id, status, content, error_code, attempt)
            )
            if text is not None:
                assert start == len(reply.text), f"a gap or an overlap at {start} of {message_id}"
                reply.text += text
        return list(found.values())

    def reply(self, message_id: UUID) -> StoredReply:
        return next(reply for reply in self.replies() if reply.id == message_id)

    def wait_for_line(self, pattern: str, *, timeout: float = 10) -> re.Match[str]:
        """What of `pattern` a process has printed or prints in time; the newest if there are several."""

        def found() -> re.Match[str] | None:
            return next(filter(None, (re.search(pattern, line) for line in reversed(self.printed))), None)

        with self._printed_more:
            self._printed_more.wait_for(lambda: found() is not None, timeout)
            match = found()
        assert match, f"no line with {pattern} in:\n" + "\n".join(self.printed)
        return match

    def _own(self) -> dict[str, str]:
        return {"DJANGO_SETTINGS_MODULE": "config.settings.dev", "DATA_DIR": str(self._data), **self.settings}

    def _hear(self, name: str, line: str) -> None:
        with self._printed_more:
            self.printed.append(line)
            self._printed_more.notify_all()


@dataclass
class Embedded(Product):
    """What `make run` starts: migrations, then everything in one process, on SQLite."""

    @property
    def web(self) -> Process:
        return self._web

    @property
    def base_url(self) -> str:
        return f"http://localhost:{self._port}"

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        return {**inherited, "PYTHONUNBUFFERED": "1", **self._own()}

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        address = f"file:{self._data / 'colloquy.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=20)) as connection:
            return connection.execute(sql.replace("%s", "?"), values).fetchall()

    def _start(self, undo: ExitStack) -> None:
        self._port = _free_port()
        self._web = Process(
            "web",
            [*MANAGE, "serve", "--port", str(self._port)],
            environment=self.environment,
            folder=CHECKOUT,
            ready=lambda: _answers(self.base_url),
            on_line=self._hear,
        )
        self.manage("migrate", "--no-input", "--verbosity", "0")
        undo.callback(self._web.stop)
        self._web.start()


@dataclass
class Scaled(Product):
    """PostgreSQL, a Redis-compatible server, Daphne, a Celery worker and beat: each a process."""

    @property
    def web(self) -> Process:
        return self.all_web[0]

    @property
    def all_web(self) -> list[Process]:
        return [self.stack.processes[f"web-{number}"] for number in range(1, self.webs + 1)]

    @property
    def base_url(self) -> str:
        return self.proxy.base_url if self.proxy else self.stack.base_url

    @property
    def environment(self) -> dict[str, str]:
        return self.stack.environment()

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.stack.services.database_url) as connection:
            return connection.execute(sql, values).fetchall()  # type: ignore[arg-type]  # ours, not a literal

    def _start(self, undo: ExitStack) -> None:
        self.stack = Stack(Services(), web=self.webs, environment=self._own(), echo=self._hear)
        undo.enter_context(self.stack)
        self.proxy = undo.enter_context(Spreading(self.stack.ports)) if self.webs > 1 else None


def product(*, webs: int = 1, **settings: str) -> Product:
    """The product of this run's profile; `settings` are further environment variables."""
    kinds: dict[str, Callable[..., Product]] = {"embedded": Embedded, "server": Scaled}
    return kinds[PROFILE](settings, webs)


def words_of(text: str) -> str:
    """Text without its white space: a page spaces blocks and lines by layout, not by letters."""
    return re.sub(r"\s+", "", text)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _answers(base_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base_url}/livez", timeout=2) as response:
            return bool(response.status == HTTPStatus.OK)
    except (urllib.error.URLError, OSError):
        return False
