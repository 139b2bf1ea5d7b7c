"""What an operator's scripts do, with a `docker` that only keeps count."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from apps.ops.drain import MARGIN
from apps.ops.stack import CHECKOUT
from tests.support import pretend_docker

SERVICES = ("engine", "web", "worker", "beat", "migrate", "proxy", "postgres", "valkey")
SIGNALS = ("SIGHUP", "SIGINT", "SIGTERM")


def heed_signals() -> None:
    """A shell cannot: what was ignored when it began stays ignored, as by `nohup` or in the background."""
    for name in SIGNALS:
        signal.signal(signal.Signals[name], signal.SIG_DFL)


class Installation:
    """A copy of docker/ whose scripts find a `docker` of ours."""

    def __init__(self, home: Path) -> None:
        self.folder, self.tools, self._state = home / "docker", home / "bin", home / "state.json"
        shutil.copytree(CHECKOUT / "docker", self.folder, ignore=shutil.ignore_patterns("secrets", ".env"))
        self.tools.mkdir()
        tool = self.tools / "docker"
        tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{pretend_docker.__file__}" "$@"\n')
        tool.chmod(0o755)
        running: dict[str, list[str]] = {service: [] for service in SERVICES}
        self._keep(running=running, stopped={"migrate": ["migrate-1"]}, broken=[], calls=[])

    def runs(self, service: str, *ids: str, broken: bool = False) -> None:
        state = self.state
        self._keep(running={**state["running"], service: ids}, broken=[service] if broken else [])

    def script(self, name: str, *arguments: object, **settings: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.tools}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "DOCKER_STATE": str(self._state), **settings}
        command = ["sh", f"{name}.sh", *map(str, arguments)]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            preexec_fn=heed_signals,
            capture_output=True,
            text=True,
            check=False,
        )

    def secret(self, name: str) -> str:
        return (self.folder / "secrets" / name).read_text().strip()

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._state.read_text()) if self._state.exists() else {}
        return found

    @property
    def calls(self) -> list[str]:
        calls: list[str] = self.state["calls"]
        return calls

    def _keep(self, **changes: object) -> None:
        self._state.write_text(json.dumps({**self.state, **changes}))


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


class TestUpgrade:
    def test_each_container_has_a_new_one_in_its_place(self, installation: Installation) -> None:
        installation.runs("engine", "engine-1", "engine-2")
        installation.runs("web", "web-1")

        done = installation.script("upgrade")
        running = installation.state["running"]

        assert done.returncode == 0, done.stderr
        assert [len(running[service]) for service in ("engine", "web")] == [2, 1]
        assert not {"engine-1", "engine-2", "web-1"} & {*running["engine"], *running["web"]}

    @pytest.mark.parametrize("service", ["engine", "web"])
    def test_one_that_fails_leaves_the_old_version_alone(
        self, installation: Installation, service: str
    ) -> None:
        installation.runs(service, f"{service}-1", f"{service}-2", broken=True)

        done = [installation.script("upgrade") for _ in range(3)]

        assert [each.returncode for each in done] == [1, 1, 1]
        assert f"The new {service} does not come up" in done[0].stderr
        assert installation.state["running"][service] == [f"{service}-1", f"{service}-2"]

    def test_what_does_not_run_is_started(self, installation: Installation) -> None:
        done = installation.script("upgrade")

        assert done.returncode == 0, done.stderr
        assert [len(installation.state["running"][service]) for service in ("engine", "web")] == [1, 1]

    def test_what_did_not_run_and_does_not_come_up_is_gone_again(self, installation: Installation) -> None:
        installation.runs("web", broken=True)

        done = installation.script("upgrade")

        assert done.returncode == 1
        assert installation.state["running"]["web"] == []

    def test_engines_may_end_what_they_write(self, installation: Installation) -> None:
        installation.runs("engine", "engine-1")

        installation.script("upgrade")
        (stopped,) = (call.split() for call in installation.calls if call.startswith("stop"))

        assert stopped[-1] == "engine-1"
        assert float(stopped[2]) >= 300 + MARGIN

    def test_what_others_have_mended_arrives(self, installation: Installation) -> None:
        installation.script("upgrade")

        assert "compose pull --quiet postgres valkey" in installation.calls
        assert "compose build --quiet --pull" in installation.calls
        assert installation.calls[-1] == "compose up --detach --wait"

    def test_it_can_keep_to_the_images_that_are_there(self, installation: Installation) -> None:
        installation.script("upgrade", PULL="false")

        assert [call for call in installation.calls if "pull" in call] == []
        assert "compose build --quiet" in installation.calls

    def test_secrets_that_an_older_version_did_not_have_are_made(self, installation: Installation) -> None:
        installation.script("upgrade")

        assert installation.secret("secret_key_fallbacks") == ""


class TestKeyRotation:
    def test_every_former_key_goes_on_opening_what_it_sealed(self, installation: Installation) -> None:
        installation.script("make-secrets")
        keys = [installation.secret("secret_key")]
        for _ in range(2):
            assert installation.script("rotate-key").returncode == 0
            keys.insert(0, installation.secret("secret_key"))

        former = installation.secret("secret_key_fallbacks").split(",")

        assert len(set(keys)) == 3
        assert [key for key in former if key] == keys[1:]
        assert installation.calls[-1].endswith("--force-recreate web engine worker beat")

    def test_containers_may_read_it(self, installation: Installation) -> None:
        installation.script("rotate-key")

        modes = [path.stat().st_mode & 0o044 for path in (installation.folder / "secrets").iterdir()]
        assert set(modes) == {0o044}


class TestBackup:
    @pytest.fixture(autouse=True)
    def settled(self, installation: Installation) -> None:
        installation.script("make-secrets")
        shutil.copy(installation.folder / "env.example", installation.folder / ".env")

    def test_it_is_one_file_for_its_owner_alone(self, installation: Installation, tmp_path: Path) -> None:
        done = installation.script("backup", tmp_path / "backup.tar")

        assert done.returncode == 0, done.stderr
        assert [path.name for path in tmp_path.glob("backup*")] == ["backup.tar"]
        assert (tmp_path / "backup.tar").stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize("ended_by", SIGNALS)
    def test_one_that_is_ended_leaves_nothing(
        self, installation: Installation, tmp_path: Path, ended_by: str
    ) -> None:
        (tmp_path / "tmp").mkdir()
        hurt = {"HURT_AT": "exec", "HURT_BY": ended_by, "TMPDIR": str(tmp_path / "tmp")}

        done = installation.script("backup", tmp_path / "b.tar", **hurt)

        assert done.returncode != 0
        assert [*tmp_path.glob("b.tar*"), *(tmp_path / "tmp").iterdir()] == []

    @pytest.mark.parametrize("ended_by", SIGNALS)
    def test_a_restore_that_is_ended_leaves_none_of_it_about(
        self, installation: Installation, tmp_path: Path, ended_by: str
    ) -> None:
        (tmp_path / "tmp").mkdir()
        hurt = {"HURT_AT": "down", "HURT_BY": ended_by, "TMPDIR": str(tmp_path / "tmp")}
        installation.script("backup", tmp_path / "b.tar")
        before = set(installation.folder.iterdir())

        done = installation.script("restore", tmp_path / "b.tar", **hurt)

        assert done.returncode != 0
        assert set(installation.folder.iterdir()) == before
        assert [path.name for path in tmp_path.glob("b.tar*")] == ["b.tar"]
        assert [*(tmp_path / "tmp").iterdir()] == []
