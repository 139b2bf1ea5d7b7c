"""One process takes over from another on the socket they inherited, as in a deploy on a single machine."""

import asyncio
import signal
import socket
import subprocess
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest

from apps.llm import demo_answers
from apps.ops.inherited import address_of
from apps.ops.stack import CHECKOUT
from tests.faults.viewer import Viewer
from tests.support.product import MANAGE, Embedded, words_of

pytestmark = pytest.mark.embedded_only
QUESTION, ANSWER = "/long 40", demo_answers.long(40)
WITHIN = 30.0  # seconds
SIGN_IN = b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 7\r\n\r\nlogin=a"


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


class Prepared(Embedded):
    """Only its data and its environment: the processes are ours."""

    def _start(self, undo: ExitStack) -> None:
        self.manage("migrate", "--no-input", "--verbosity", "0")


@pytest.fixture
def product() -> Iterator[Prepared]:
    with Prepared({"DRAIN_SECONDS": "30"}) as product:
        yield product


@pytest.fixture
def serve(product: Prepared, listening: socket.socket) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts a process on the socket, and waits until it serves."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [*MANAGE, "serve", "--fd", str(listening.fileno())]
        process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env=product.environment,
            pass_fds=[listening.fileno()],
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert any("Colloquy is at" in line for line in process.stdout)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


async def test_the_next_process_takes_over_and_nobody_is_refused(product, listening, serve):
    base_url = f"http://localhost:{listening.getsockname()[1]}"
    viewer = Viewer(base_url, product.accounts(1)[0], uuid.uuid4())
    first = await asyncio.to_thread(serve)
    viewer.open()
    await viewer.ask(QUESTION)
    await viewer.until(lambda: viewer.newest and viewer.newest.words, within=WITHIN)

    second = await asyncio.to_thread(serve)
    first.send_signal(signal.SIGTERM)
    answers = await asyncio.to_thread(lambda: [answer(base_url) for _ in range(50)])
    await viewer.until(lambda: not viewer.waits, within=WITHIN)
    gone = await asyncio.to_thread(first.wait, WITHIN)
    await viewer.close()

    assert answers == [200] * 50
    assert (gone, second.poll()) == (0, None)
    assert [reply.text for reply in product.replies()] == [ANSWER]
    assert viewer.newest.words == words_of(ANSWER)
    assert product.replies()[0].attempt == 1  # whoever wrote it was let finish


def test_whoever_has_connected_is_answered_before_the_process_goes(product, listening, serve):
    process = serve()
    address = listening.getsockname()
    listening.close()
    with connected(address) as asking:
        asking.sendall(SIGN_IN[:-1])
        process.send_signal(signal.SIGTERM)
        until_refused(address)
        asking.sendall(SIGN_IN[-1:])
        answer = asking.makefile("rb").read()

    assert answer.startswith(b"HTTP/1.1 403")  # it has no token of ours
    assert b"connection: close" in answer.lower()
    assert process.wait(WITHIN) == 0


def test_it_tells_where_an_inherited_socket_listens(listening):
    assert address_of(listening.fileno()) == listening.getsockname()


def test_a_socket_that_does_not_listen_is_refused():
    with socket.socket() as idle, pytest.raises(ValueError, match="no listening IPv4 socket"):
        address_of(idle.fileno())


def test_a_descriptor_that_is_no_socket_is_refused(tmp_path):
    with (tmp_path / "file").open("w") as file, pytest.raises(ValueError, match="no socket"):
        address_of(file.fileno())


def answer(base_url: str) -> int:
    try:
        with urllib.request.urlopen(f"{base_url}/livez", timeout=WITHIN) as response:
            return response.status
    except urllib.error.URLError as error:
        return str(error)


def connected(address: tuple[str, int]) -> socket.socket:
    return socket.create_connection(address, timeout=WITHIN)


def until_refused(address: tuple[str, int]) -> None:
    with suppress(ConnectionError):
        while True:
            connected(address).close()
