import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from tests.permissions.asking import METHODS, ask
from tests.permissions.cast import ROLES, Place, World
from tests.permissions.outcomes import ABSENT, NO_METHOD, OK, Row, outcome
from tests.permissions.routes import Route, routes
from tests.permissions.rows import Rows, Written, rows_of
from tests.permissions.table import ROUTES

KNOWN = {route.name: route for route in routes()}
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
OF_ONE_ANSWER = {"Date", "Expires", "X-Request-ID", "Set-Cookie"}
BRINGS_BACK = {"api:restore"}  # what its owner has deleted
NO_ROW = (
    "{} has no row. Give it one in tests/permissions/table.py; by what each role gets now it would be:\n{}"
)


pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Answer:
    outcome: str
    headers: dict[str, str]
    body: bytes
    changed: bool  # anything that is the owner's


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """One for all: what a question changes is undone at once."""
    with django_db_blocker.unblock():
        made = World()
    yield made
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(autouse=True)
def unlimited() -> None:
    """Attempts are counted there."""
    cache.clear()


@pytest.fixture(scope="module")
def rows(world: World, django_db_blocker: DjangoDbBlocker) -> Rows:
    with django_db_blocker.unblock():
        return rows_of(world.owner)


def answer(  # noqa: PLR0917 - a question and whose it is
    world: World, role: str, method: str, route: Route, place: Place, rows: Rows | None = None
) -> Answer:
    """What somebody gets, all undone again; `rows` are the owner's, if it matters what becomes of them."""
    written = Written()
    with transaction.atomic(), connection.execute_wrapper(written):
        response = ask(world, role, method, route, place)
        changed = bool(rows and written.anything) and rows_of(world.owner) != rows
        transaction.set_rollback(True)
    headers = {name: value for name, value in response.items() if name not in OF_ONE_ANSWER}
    return Answer(outcome(response), headers, getattr(response, "content", b""), changed)


def found(world: World, route: Route, method: str) -> Row:
    asking = (
        ROLES if route.pattern.startswith("api/") else ROLES[: ROLES.index("reader")]
    )  # one says it of all
    return Row(*(answer(world, role, method, route, world.here).outcome for role in asking))


def suggestion(world: World, route: Route) -> str:
    rows = {method: found(world, route, method) for method in METHODS if method not in {"HEAD", "OPTIONS"}}
    telling = {method: row for method, row in rows.items() if NO_METHOD not in (row.owner, row.trusted)}
    lines = [f'    "{method}": {row},' for method, row in telling.items()]
    return NO_ROW.format(route.name, "\n".join([f'"{route.name}": {{', *lines, "},"]))


def as_told(answered: Answer, place: Place) -> str:
    """All of it, but for the ids that were asked for."""
    told = str((answered.outcome, answered.headers, answered.body.decode()))
    return re.sub("|".join(map(str, astuple(place))), "an id", told)


def is_found_by_id(rows: dict[str, Row]) -> bool:
    return any((row.owner, row.other) == (OK, ABSENT) for row in rows.values())


def is_personal(rows: dict[str, Row]) -> bool:
    return "GET" in rows and OK not in rows["GET"].anonymous


def test_no_row_is_left_of_a_route_that_is_gone() -> None:
    assert set(ROUTES) - set(KNOWN) == set()


@pytest.mark.parametrize("name", KNOWN)
def test_each_role_gets_what_the_table_says(world: World, name: str) -> None:
    route = KNOWN[name]
    assert name in ROUTES, suggestion(world, route)

    said = {method: str(row) for method, row in ROUTES[name].items()}
    assert {method: str(found(world, route, method)) for method in said} == said


@pytest.mark.parametrize("name", [name for name, rows in ROUTES.items() if CHANGING & set(rows)])
def test_nobody_else_changes_what_is_the_owners(world: World, rows: Rows, name: str) -> None:
    for method in CHANGING & set(ROUTES[name]):
        trusted = {"trusted"} if ROUTES[name][method].trusted != OK else set()
        for role in {"other", "staff", "anonymous", "reader", "revoked"} | trusted:
            answered = answer(world, role, method, KNOWN[name], world.here, rows)
            assert not answered.changed, (method, role)


@pytest.mark.parametrize("name", ROUTES)
def test_no_other_method_gives_more(world: World, rows: Rows, name: str) -> None:
    known = ROUTES[name]
    role = "owner" if OK in {row.owner for row in known.values()} else "trusted"
    most = {NO_METHOD, *(getattr(row, role) for row in known.values())}

    for method in set(METHODS) - set(known):
        answered = answer(world, role, method, KNOWN[name], world.here, rows)
        assert answered.outcome in most or (method == "OPTIONS" and not answered.body), method
        assert not answered.changed or (method == "PUT" and "POST" in known), method


@pytest.mark.parametrize("name", [name for name, rows in ROUTES.items() if is_personal(rows)])
def test_what_is_personal_is_kept_nowhere(world: World, name: str) -> None:
    row = ROUTES[name]["GET"]
    for role in [role for role in ("owner", "trusted", "writer") if getattr(row, role) == OK]:
        answered = answer(world, role, "GET", KNOWN[name], world.here)
        assert not answered.body or "no-store" in answered.headers.get("Cache-Control", ""), role


@pytest.mark.parametrize("name", [name for name, rows in ROUTES.items() if is_found_by_id(rows)])
def test_what_is_anothers_or_deleted_is_answered_as_what_never_was(world: World, name: str) -> None:
    for method, row in ROUTES[name].items():
        theirs = ("owner", "writer") if name not in BRINGS_BACK else ()
        for role in (*theirs, "other", "trusted") if row.other == ABSENT else ():
            places = [world.gone, world.nowhere, *[world.here] * (getattr(row, role) != OK)]
            told = {as_told(answer(world, role, method, KNOWN[name], place), place) for place in places}
            assert len(told) == 1, (method, role, told)
