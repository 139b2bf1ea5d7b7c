"""nginx in Caddy's place, before the same web containers."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.docker.deployment import PROJECT, Deployment, free_port, local_image, run
from tests.docker.person import Person
from tests.docker.proxied import get, pong, streamed

IMAGE = local_image("nginx:1.28", "nginx:stable-trixie")
NAME = f"{PROJECT}-nginx"
TLS = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost")


@pytest.fixture(scope="module")
def address(installation: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    installation.up()
    tls, port = tmp_path_factory.mktemp("tls"), free_port()
    run("openssl", *TLS, "-keyout", tls / "privkey.pem", "-out", tls / "fullchain.pem")
    (tls / "privkey.pem").chmod(0o644)
    run(
        "docker",
        "create",
        "--name",
        NAME,
        "--network",
        f"{PROJECT}_outside",
        *_hardened(installation, tls, port),
        IMAGE,
    )
    try:
        run("docker", "network", "connect", f"{PROJECT}_front", NAME)
        run("docker", "start", NAME)
        _wait_for(f"https://localhost:{port}")
        yield f"https://localhost:{port}"
    finally:
        run("docker", "rm", "--force", NAME)


def test_its_configuration_is_sound(address: str) -> None:
    assert "test is successful" in run("docker", "exec", NAME, "nginx", "-t")


def test_somebody_signs_up_and_is_answered(browser: Browser, address: str) -> None:
    person = Person(browser, address)
    tab = person.sign_up("nginx")
    reply = tab.send("/long 30")

    reply.expect_status("complete")
    expect(tab.messages).to_have_count(2)
    assert pong(tab)["action"] == "pong"


def test_a_stream_of_events_comes_as_it_is_written(browser: Browser, address: str) -> None:
    person = Person(browser, address)
    tab = person.sign_up("nginx-stream")

    assert streamed(address, person, tab) > 1.0


def test_counters_are_kept_from_the_outside(address: str, installation: Deployment) -> None:
    bearer = {"Authorization": f"Bearer {installation.secret('metrics_token')}"}

    assert [get(f"{address}{path}", **bearer)[0] for path in ("/metrics", "//metrics")] == [404, 404]


def test_what_a_client_claims_about_itself_is_not_believed(address: str) -> None:
    claims = {
        "X-Request-ID": "claimed-0123456789",
        "X-Forwarded-Proto": "http",
        "Daphne-Root-Path": "/elsewhere",
    }

    status, headers, body = get(f"{address}/accounts/login/", **claims)

    assert status == 200
    assert headers["x-request-id"] != "claimed-0123456789"
    assert "elsewhere" not in body


def _hardened(installation: Deployment, tls: Path, port: int) -> list[str]:
    limits = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--publish", f"127.0.0.1:{port}:443"]
    rights = [
        part for right in ("CHOWN", "NET_BIND_SERVICE", "SETGID", "SETUID") for part in ("--cap-add", right)
    ]
    configuration = f"{installation.folder / 'nginx.conf'}:/etc/nginx/nginx.conf:ro"
    return [*limits, *rights, "--volume", configuration, "--volume", f"{tls}:/etc/nginx/tls:ro"]


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            if get(f"{address}/livez")[0] == 200:
                return
        except OSError:
            pass
        logs = subprocess.run(["docker", "logs", NAME], capture_output=True, text=True, check=False)
        assert time.monotonic() < deadline, logs.stderr
        time.sleep(0.5)
