import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import redis

from apps.ops.machine import Account, wheel
from apps.ops.postgres import CHILDREN_ALIVE
from apps.ops.process import StartFailed
from apps.ops.services import Services

pytestmark = pytest.mark.embedded_only


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with Services() as started:
        yield started


def test_postgres_answers_in_utf8(services: Services) -> None:
    assert _query(services, "SHOW server_encoding") == "UTF8"


def test_postgres_heals_after_a_kill(services: Services) -> None:
    services.postgres.kill()

    services.postgres.start()

    assert _query(services, "SELECT 1") == 1


def test_postgres_waits_for_the_children_of_the_one_that_was_killed(services: Services) -> None:
    told = threading.Event()
    services.postgres.on_line = lambda _, line: told.set() if CHILDREN_ALIVE in line else None
    with psycopg.connect(services.database_url) as connection, ThreadPoolExecutor(1) as thread:
        os.kill(connection.info.backend_pid, signal.SIGSTOP)
        services.postgres.kill()

        starting = thread.submit(services.postgres.start)
        assert told.wait(30)
        os.kill(connection.info.backend_pid, signal.SIGCONT)
        starting.result()

    assert _query(services, "SELECT 1") == 1


def test_valkey_forgets_nothing_while_it_runs(services: Services) -> None:
    with redis.Redis.from_url(services.redis_url, decode_responses=True) as client:
        client.set("greeting", "hello")

        assert client.get("greeting") == "hello"


def test_named_servers_are_left_alone() -> None:
    with Services(database_url="postgres://elsewhere/db", redis_url="redis://elsewhere") as services:
        assert services.processes == {}
        assert services.environment() == {
            "DATABASE_URL": "postgres://elsewhere/db",
            "REDIS_URL": "redis://elsewhere",
        }


def test_throw_away_servers_leave_nothing_behind() -> None:
    with Services(database_url="postgres://elsewhere/db") as services:
        data = services.data

    assert data is not None
    assert not data.exists()


def test_lasting_servers_keep_what_they_were_told(open_folder: Path) -> None:
    with Services(open_folder) as services:
        _query(services, "CREATE TABLE kept AS SELECT 'still here' AS words", fetch=False)
        with redis.Redis.from_url(services.redis_url) as client:
            client.set("kept", "this too")

    with Services(open_folder) as services:
        assert _query(services, "SELECT words FROM kept") == "still here"
        with redis.Redis.from_url(services.redis_url) as client:
            assert client.get("kept") == b"this too"


def test_second_stack_in_one_directory_is_refused(open_folder: Path) -> None:
    with (
        Services(open_folder, database_url="postgres://elsewhere/db"),
        pytest.raises(StartFailed, match="Another stack is running"),
        Services(open_folder, database_url="postgres://elsewhere/db"),
    ):
        pass


def test_missing_wheel_is_named_with_its_cure() -> None:
    with pytest.raises(StartFailed, match=r"no-such-server is not installed: run `make setup-dev`"):
        wheel("no_such_server")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another account run its servers")
def test_programs_in_a_closed_folder_are_copied_where_the_account_can_run_them(
    tmp_path: Path, open_folder: Path
) -> None:
    (tmp_path / "package").mkdir(mode=0o700)
    (tmp_path / "package" / "program").touch(mode=0o700)
    (tmp_path / "package.libs").mkdir(mode=0o700)

    copy = Account.suitable().readable(tmp_path / "package", open_folder)

    assert copy == open_folder / "package"
    assert Account.suitable().enters(copy / "program")
    assert Account.suitable().enters(open_folder / "package.libs")


def test_data_of_root_goes_where_its_account_can_reach_it(
    tmp_path: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.ops.services.SYSTEM_ROOT", open_folder)
    monkeypatch.setattr(Account, "enters", lambda self, path: open_folder in path.parents)

    with Services(tmp_path, database_url="postgres://elsewhere/db") as services:
        assert services.data is not None
        assert services.data.parent == open_folder


def _query(services: Services, query: str, *, fetch: bool = True) -> object:
    with psycopg.connect(services.database_url, autocommit=True) as connection:
        answer = connection.execute(query)
        row = answer.fetchone() if fetch else None
        return row[0] if row else None
