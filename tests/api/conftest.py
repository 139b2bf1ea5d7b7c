from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache

from apps.accounts.models import Scope, User
from tests.api.client import Program
from tests.generation.conftest import ask, asker, reply
from tests.web.conftest import session_of

__all__ = ["ask", "asker", "reply"]


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    """What one test has changed slows down no other."""
    yield
    cache.clear()


@pytest.fixture
def writer(owner: User) -> Program:
    return Program.of(owner)


@pytest.fixture
def reader(owner: User) -> Program:
    return Program.of(owner, Scope.READ)


@pytest.fixture
def outsider(stranger: User) -> Program:
    return Program.of(stranger)


@pytest.fixture
def page_of() -> Callable[[User], Program]:
    """A browser's page in which somebody has signed in."""
    return lambda user: Program(HTTP_COOKIE=f"sessionid={session_of(user)}")
