"""An installation in containers, made as the README says, in a copy of this checkout."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apps.ops.stack import CHECKOUT

PROJECT = "colloquy-test"
SERVING = ("web", "engine", "worker", "beat")
SERVICES = (*SERVING, "migrate", "proxy", "postgres", "valkey")
FAREWELL = "worker: Warm shutdown"  # Celery's, which goes through no log
STAND_INS = {"CADDY_IMAGE": "caddy:2", "POSTGRES_IMAGE": "postgres:17", "VALKEY_IMAGE": "valkey/valkey:8"}
PLANTED = "planted-0f6b1c"  # begins everything that nobody may find
SETTINGS = {"DOMAIN": "localhost", "ADMIN_EMAIL": "ops@example.org", "OPENAI_MODELS": "demo"}


def run(*command: str | Path, check: bool = True, **options: Any) -> str:
    """What a command prints; what it complains of, if it fails."""
    options = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL, **options}
    done = subprocess.run([str(part) for part in command], check=False, **options)
    if check and done.returncode:
        raise AssertionError(f"{command} failed:\n{done.stdout}\n{done.stderr}")
    return (done.stdout + done.stderr).strip()


class Deployment:
    """`folder` is its docker/. Its ports are free ones; its secrets are known to nobody else."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "docker"
        self._remembered = dict.fromkeys(SERVICES, "")
        self.ports = [free_port() for _ in range(2)]
        self.base_url = f"https://localhost:{self.ports[1]}"
        self.environment = {
            **_local_images(),
            **os.environ,
            "COMPOSE_PROJECT_NAME": PROJECT,
            "COMPOSE_ANSI": "never",
            "COMPOSE_PROGRESS": "quiet",
            "IMAGE": PROJECT,
            "HTTP_PORT": str(self.ports[0]),
            "HTTPS_PORT": str(self.ports[1]),
        }
        _copy_checkout(home)
        _settle(self.folder)

    def compose(self, *arguments: str, **options: Any) -> str:
        return run("docker", "compose", *arguments, cwd=self.folder, env={**self.environment}, **options)

    def script(self, name: str, *arguments: str | Path, **settings: str) -> str:
        return run("sh", f"{name}.sh", *arguments, cwd=self.folder, env={**self.environment, **settings})

    def up(self, *arguments: str) -> None:
        self.compose("up", "--detach", "--wait", *arguments)

    def containers(self, service: str = "") -> list[str]:
        """The ids of those that run."""
        return self.compose("ps", "--quiet", *filter(None, [service])).split()

    def inspect(self, container: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(run("docker", "inspect", container))[0]
        return found

    def kill(self, container: str) -> None:
        """As a power cut would."""
        run("docker", "kill", "--signal", "KILL", container)

    def inside(self, container: str, *command: str, **options: Any) -> str:
        return run("docker", "exec", container, *command, **options)

    def logs(self, service: str) -> str:
        """What its containers have said, those that are gone too if `remember` has heard them."""
        known = self.compose("ps", "--all", "--quiet", service).split()
        return "\n".join([self._remembered[service], *(run("docker", "logs", each) for each in known)])

    def remember(self) -> None:
        """Keep what has been said so far: containers are about to go."""
        self._remembered.update({service: self.logs(service) for service in SERVICES})

    def events(self, service: str) -> list[dict[str, Any]]:
        """The log of a service: every line of it is an object."""
        spoken = self.logs(service).splitlines()
        lines = [line for line in spoken if line and not line.startswith(FAREWELL)]
        strays = [line for line in lines if not line.startswith("{")]
        assert not strays, strays
        return [json.loads(line) for line in lines]

    def metric(self, container: str, name: str) -> float:
        token = self.secret("metrics_token")
        ask = f"""
import urllib.request as u
r = u.Request("http://127.0.0.1:8000/metrics", headers={{"Authorization": "Bearer {token}"}})
print(u.urlopen(r).read().decode())
"""
        lines = self.inside(container, "python", "-c", ask).splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

    def secret(self, name: str) -> str:
        return (self.folder / "secrets" / name).read_text().strip()

    def secrets(self) -> list[str]:
        return [text for path in (self.folder / "secrets").iterdir() if (text := path.read_text().strip())]

    def close(self) -> None:
        self.compose("down", "--volumes", "--timeout", "1", check=False)


@contextmanager
def deployment() -> Iterator[Deployment]:
    with tempfile.TemporaryDirectory(prefix="colloquy-docker-") as home:
        made = Deployment(Path(home))
        made.close()  # what a run that was ended has left
        try:
            yield made
        finally:
            made.close()


def _copy_checkout(home: Path) -> None:
    """As somebody has it whose files are nobody else's to read."""
    for name in run("git", "ls-files", cwd=CHECKOUT).splitlines():
        if not name.startswith(("tests/", "static/img/screenshot")) and (CHECKOUT / name).exists():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, home / name)
            (home / name).chmod(0o600)
    for folder in (path for path in home.rglob("*") if path.is_dir()):
        folder.chmod(0o700)


def _settle(folder: Path) -> None:
    """Step by step as the README says, and secrets where somebody may have left some."""
    lines = (folder / "env.example").read_text().splitlines()
    named = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    assert len(named) == 4
    lines = [f"{name}={SETTINGS.get(name, '')}" for name in named]
    (folder / ".env").write_text("\n".join([*lines, f"UNUSED={PLANTED}-docker-env"]))
    for stray in (".env", "apps/.env", ".data/secret_key", "config/settings/local.pem"):
        path = folder.parent / stray
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"SECRET={PLANTED}-{stray}")
    run("sh", "make-secrets.sh", cwd=folder)
    (folder / "secrets" / "email_url").write_text(f"dummymail://{PLANTED}-mail@nowhere")


def _local_images() -> dict[str, str]:
    """Where the pinned images are not, and cannot be had, ones of the same kind that are."""
    return {name: image for name, image in STAND_INS.items() if _is_here(image)}


def local_image(wanted: str, other: str) -> str:
    return other if _is_here(other) else wanted


def _is_here(image: str) -> bool:
    return (
        subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False).returncode
        == 0
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
