import inspect
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, connections
from django.utils import translation

from apps import bridge
from apps.accounts.models import User
from apps.live import limits
from tests.factories import StaffFactory, UserFactory

EXECUTORS = [value for value in vars(bridge).values() if isinstance(value, ThreadPoolExecutor)]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Coroutine tests run as in Django's own TestCase: sync database work comes back to this thread."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    async_to_sync(pyfuncitem.obj)(**arguments)
    return True


@pytest.fixture
def owner(db: None) -> User:
    return UserFactory(email="owner@example.org")


@pytest.fixture
def stranger(db: None) -> User:
    return UserFactory(email="stranger@example.org")


@pytest.fixture
def staff(db: None) -> User:
    return StaffFactory(email="staff@example.org")


@pytest.fixture(autouse=True)
def spoken_language() -> Iterator[None]:
    """A page that was asked for in another language leaves it to the next test otherwise."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def kept_connection(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Channels would close the connection that carries the test's transaction."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        monkeypatch.setattr("channels.db.close_old_connections", lambda **kwargs: None)


@pytest.fixture(autouse=True)
def closed_threads(request: pytest.FixtureRequest) -> Iterator[None]:
    """No thread of the bridge keeps a connection: the test database could not be flushed or dropped."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker is not None and marker.kwargs.get("transaction"):
        for executor in EXECUTORS:
            _in_every_thread(executor)
        _close_pool()


@pytest.fixture(autouse=True)
def allowances_are_whole() -> None:
    """What the people of one test have spent is not missing to those of the next."""
    for allowance in (limits.messages, limits.wishes):
        allowance._spent.clear()


def _close_pool() -> None:
    """What a thread took along when it ended is missing to no other test."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()


def _in_every_thread(executor: ThreadPoolExecutor) -> None:
    """The barrier keeps each thread until all have come, so that none takes two turns."""
    together = Barrier(executor._max_workers)

    def close() -> None:
        together.wait(timeout=10)
        connections.close_all()

    for turn in [executor.submit(close) for _ in range(executor._max_workers)]:
        turn.result()
