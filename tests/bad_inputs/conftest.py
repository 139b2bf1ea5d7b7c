import json
import math
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx2
import pytest
from asgiref.sync import async_to_sync

from apps.ops.stack import CHECKOUT
from tests.bad_inputs.people import NEVER_SHOWN, Person
from tests.bad_inputs.surroundings import API_KEY, model_server, resident, size_of, until
from tests.support.product import Product
from tests.support.product import product as running_product

ROOM = 64  # MiB that may be left behind in memory and in temporary files
STALL = 0.25  # seconds that an answer to somebody else may take, one in a hundred apart
ALIVE_WITHIN = 20.0
SETTLED_WITHIN = 30.0
LIVE = "SELECT COUNT(*) FROM chat_message WHERE status IN ('queued', 'streaming')"
TITLED = """
    SELECT COUNT(*) FROM chat_conversation c JOIN accounts_user u ON u.id = c.owner_id
    WHERE u.email = %s AND c.title_state = 'done'
"""
ROWS_OF = """
    SELECT u.password, u.is_active, c.title, c.title_state, c.rev, m.content, m.status, m.rev
    FROM accounts_user u JOIN chat_conversation c ON c.owner_id = u.id
    JOIN chat_message m ON m.conversation_id = c.id
    WHERE u.email = %s ORDER BY m.id
"""


@pytest.fixture(scope="package")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the product keeps temporary files."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="package")
def product(scratch: Path) -> Iterator[Product]:
    with model_server() as model_url:
        settings = {"OPENAI_BASE_URL": model_url, "OPENAI_API_KEY": API_KEY, "OPENAI_MODELS": "scripted-1"}
        with running_product(**settings, TMPDIR=str(scratch)) as product:
            yield product


@pytest.fixture(scope="package")
def newcomers(product: Product) -> Iterator[Iterator[Person]]:
    """People who have signed in and done nothing yet; the first is an administrator."""
    with httpx2.Client(timeout=30) as http:
        yield (Person(product.base_url, account, http) for account in product.people())


@pytest.fixture(scope="package")
def admin(product: Product, newcomers: Iterator[Person]) -> Person:
    return _with_something_to_lose(product, next(newcomers))


@pytest.fixture(scope="package")
def bob(product: Product, admin: Person, newcomers: Iterator[Person]) -> Person:
    """Somebody who minds his own business."""
    return _with_something_to_lose(product, next(newcomers))


@pytest.fixture
def alice(bob: Person, newcomers: Iterator[Person]) -> Person:
    """Whoever sends what is bad; in each test she is another, so that her list stays short."""
    return next(newcomers)


@pytest.fixture(autouse=True, scope="module")
def standing_checks(product: Product, admin: Person, bob: Person, scratch: Path) -> Iterator[None]:
    """What holds after every group, whatever was sent."""
    pid, memory, disk, said = product.pid, resident(product.pid), size_of(scratch), len(product.printed)
    rows = [product.query(ROWS_OF, person.email) for person in (admin, bob)]
    yield
    assert until(lambda: product.query(LIVE) == [(0,)], within=SETTLED_WITHIN)
    assert urllib.request.urlopen(f"{product.base_url}/livez", timeout=ALIVE_WITHIN).status == 200
    assert (product.pid, product.web.exit_code) == (pid, None)
    back = until(lambda: resident(pid) - memory <= ROOM, within=ALIVE_WITHIN)
    assert back, f"{memory} MiB became {resident(pid)}"
    assert size_of(scratch) - disk <= ROOM
    assert [product.query(ROWS_OF, person.email) for person in (admin, bob)] == rows
    _look_at_log(product.printed[said:], (bob.session, bob.email))


@pytest.fixture
def undisturbed(product: Product, bob: Person) -> Callable[[], AbstractContextManager[None]]:
    """What happens inside does not keep somebody else waiting."""
    return lambda: _watched(bob, product.pid)


@contextmanager
def _watched(person: Person, pid: int) -> Iterator[None]:
    program = [sys.executable, "-m", "tests.bad_inputs.bystander"]
    command = [*program, person.socket_url(), person.cookie, str(pid)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=CHECKOUT, text=True, **pipes) as bystander:
        assert bystander.stdout is not None
        assert bystander.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            answers, _ = bystander.communicate(timeout=30)
    took = sorted(json.loads(answers))
    slow = took[-1 - math.ceil(len(took) / 100)]
    assert slow < STALL, (
        f"one in a hundred of {len(took)} answers took {slow:.3f} s, the slowest {took[-1]:.3f} s"
    )


def _with_something_to_lose(product: Product, person: Person) -> Person:
    @async_to_sync
    async def converse() -> None:
        async with person.page() as page:
            await page.send("hello")
            await page.reply("complete")
            person.conversation = page.conversation

    converse()
    assert until(lambda: product.query(TITLED, person.email) == [(1,)], within=SETTLED_WITHIN)
    return person


def _look_at_log(lines: list[str], private: tuple[str, ...]) -> None:
    forbidden = (*NEVER_SHOWN, *private, "sessionid", "!behaviour", "__pwn")
    for number, line in enumerate(lines):
        assert not any(secret in line for secret in forbidden), "\n".join(lines[number : number + 40])
