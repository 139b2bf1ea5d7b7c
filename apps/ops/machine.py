"""What the database servers need from the machine: an account that may run them, and folders it can enter."""

import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.ops.process import StartFailed

CLEAN_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}  # PGPORT and the like must not reach the servers


@dataclass(frozen=True)
class Account:
    """Who runs the servers: nobody if we are root, which PostgreSQL refuses; else we ourselves (None)."""

    uid: int | None
    gid: int | None

    @classmethod
    def suitable(cls) -> "Account":
        if os.geteuid() != 0:
            return cls(uid=None, gid=None)
        nobody = pwd.getpwnam("nobody")
        return cls(uid=nobody.pw_uid, gid=nobody.pw_gid)

    @property
    def popen(self) -> dict[str, Any]:
        """Arguments with which subprocess runs something as this account."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def enters(self, path: Path) -> bool:
        """Whether this account can run or enter what is there; the system knows, modes alone do not."""
        asked = subprocess.run(["test", "-x", path], **self.popen, cwd="/", check=False)
        return asked.returncode == 0

    def readable(self, package: Path, spare: Path) -> Path:
        """`package`, or a copy of it inside `spare` where its folders are closed to this account."""
        if self.uid is None or self.enters(package):
            return package
        libraries = package.with_name(f"{package.name}.libs")  # the programs look for them beside the package
        for folder in filter(Path.is_dir, (package, libraries)):
            copy = spare / folder.name
            shutil.copytree(folder, copy, symlinks=True)
            for entry in (copy, *copy.rglob("*")):
                self.give(entry)
        return spare / package.name


def wheel(package: str) -> Path:
    """The folder of an installed package, found without importing it."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        wanted = package.replace("_", "-")
        raise StartFailed(
            f"The package {wanted} is not installed: run `make setup-dev`, or name a server of your own."
        )
    return Path(found.origin).parent
