"""A real PostgreSQL and a real Redis-compatible server as children of this process, from wheels.

Without a directory they are throw-away: quick, and gone afterwards. With one, they keep what they are told.
They listen on unix sockets in a private directory, need no port, and run as root (as nobody) or as anyone.
"""

import fcntl
import hashlib
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from apps.ops.machine import Account
from apps.ops.postgres import Postgres
from apps.ops.process import Process, StartFailed
from apps.ops.valkey import Valkey

SYSTEM_ROOT = Path("/var/lib/colloquy")  # for root, where the wanted folder is closed to the servers' account
LONGEST_SOCKET = 100  # bytes; the system allows 104 to 108 for the path of a socket


class Services:
    """Starts the servers that `database_url` and `redis_url` do not name already."""

    def __init__(self, directory: Path | None = None, *, database_url: str = "", redis_url: str = "") -> None:
        self.database_url = database_url
        self.redis_url = redis_url
        self.processes: dict[str, Process] = {}
        self.data: Path | None = None  # where our servers keep their files, while they run
        self._directory = directory
        self._account = Account.suitable()
        self._exit = ExitStack()

    @property
    def postgres(self) -> Process:
        return self.processes["postgres"]

    @property
    def valkey(self) -> Process:
        return self.processes["valkey"]

    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}

    def __enter__(self) -> Self:
        if self.database_url and self.redis_url:
            return self
        with ExitStack() as undo:
            run = self._run_directory(undo)
            self.data = run if self._directory is None else self._lasting_directory(self._directory, undo)
            self._start_missing(self.data, run / "s", undo)
            self._exit = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    def _start_missing(self, data: Path, sockets: Path, undo: ExitStack) -> None:
        lasting = self._directory is not None
        if not self.database_url:
            postgres = Postgres(data / "postgres", sockets, lasting=lasting, account=self._account)
            self._start(postgres, undo)
            self.database_url = postgres.url
        if not self.redis_url:
            valkey = Valkey(data / "valkey", sockets, lasting=lasting, account=self._account)
            self._start(valkey, undo)
            self.redis_url = valkey.url

    def _start(self, process: Process, undo: ExitStack) -> None:
        self.processes[process.name] = process
        undo.callback(process.stop)
        process.start()

    def _run_directory(self, undo: ExitStack) -> Path:
        """A fresh folder for sockets and throw-away data: others may pass through it, not look into it."""
        home = tempfile.gettempdir()
        if len(home) > LONGEST_SOCKET - len("/colloquy-12345678/s/.s.PGSQL.5432"):
            home = "/tmp"  # noqa: S108 - mkdtemp makes a private folder of an unguessable name in it
        run = Path(tempfile.mkdtemp(prefix="colloquy-", dir=home))
        undo.callback(shutil.rmtree, run, ignore_errors=True)
        run.chmod(0o711)
        (run / "s").mkdir(mode=0o700)
        self._account.give(run / "s")
        return run

    def _lasting_directory(self, wanted: Path, undo: ExitStack) -> Path:
        wanted.mkdir(parents=True, exist_ok=True)
        lock = undo.enter_context((wanted / "lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartFailed(f"Another stack is running in {wanted}: stop it first.") from error
        return wanted if self._account.enters(wanted) else self._elsewhere(wanted)

    def _elsewhere(self, wanted: Path) -> Path:
        """Always the same folder for the same wish, so that the data is found again."""
        name = hashlib.sha256(str(wanted.resolve()).encode()).hexdigest()[:12]
        directory = SYSTEM_ROOT / name
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StartFailed(
                f"PostgreSQL does not run as root, and {wanted} is closed to the account it would run as. "
                "Run the stack as an ordinary user, or set DATA_DIR to a folder open to others."
            ) from error
        (wanted / "where-the-data-is").write_text(f"{directory}\n")
        return directory
