import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from apps.ops import healthcheck
from apps.ops.side_port import _Server, open_side_port

TOKEN = "a token for those who scrape"
HEALTHCHECK = Path(healthcheck.__file__)


@pytest.fixture
def port(settings: Any) -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        settings.SIDE_PORT = probe.getsockname()[1]
    settings.METRICS_TOKEN = TOKEN
    return settings.SIDE_PORT


def status(port: int, path: str, authorization: str = "") -> int:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"Authorization": authorization}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_a_process_that_is_well_says_so(port: int) -> None:
    open_side_port(lambda: True)

    assert [status(port, path) for path in ("/livez", "/readyz/self")] == [200, 200]


def test_a_process_that_is_ill_still_lives(port: int) -> None:
    open_side_port(lambda: False)

    assert [status(port, path) for path in ("/livez", "/readyz/self")] == [200, 503]


def test_a_process_whose_health_cannot_be_asked_for_is_ill(
    port: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    def ask() -> bool:
        raise ConnectionError("of a bus at 10.0.0.1")

    open_side_port(ask)

    assert status(port, "/readyz/self") == 503
    assert caplog.messages == ["Its health could not be asked for: ConnectionError"]
    assert "Traceback" not in capfd.readouterr().err


def test_a_visitor_who_leaves_is_a_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise BrokenPipeError
    except BrokenPipeError:
        _Server.handle_error(object(), object(), ("127.0.0.1", 1))  # type: ignore[arg-type]

    assert caplog.messages == ["A look at the side port failed: BrokenPipeError"]


def test_counters_are_for_whoever_bears_the_token(port: int) -> None:
    open_side_port(lambda: True)

    assert [status(port, "/metrics", given) for given in ("", "Bearer x", f"Bearer {TOKEN}")] == [
        404,
        404,
        200,
    ]


def test_a_port_that_is_taken_ends_nothing(port: int, caplog: pytest.LogCaptureFixture) -> None:
    open_side_port(lambda: True)
    open_side_port(lambda: True)

    assert "The side port cannot be opened" in caplog.text


@pytest.mark.parametrize(("is_well", "code"), [(True, 0), (False, 1)])
def test_the_container_is_as_well_as_its_process(port: int, is_well: bool, code: int) -> None:
    open_side_port(lambda: is_well)

    assert (
        subprocess.run([sys.executable, "-I", "-S", HEALTHCHECK, str(port)], check=False).returncode == code
    )


def test_the_container_is_ill_when_nobody_answers(port: int) -> None:
    assert healthcheck.main(port) == 1
