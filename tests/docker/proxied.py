"""Requests through a proxy whose certificate nobody else trusts."""

import time
import urllib.error
import urllib.request
from email.message import Message
from ssl import CERT_NONE, create_default_context
from typing import Any

from tests.docker.person import Person
from tests.support.browser import Tab

PING = """
() => new Promise((resolve, reject) => {
  const socket = new WebSocket("/ws/v1/");
  socket.onopen = () => socket.send(JSON.stringify({ action: "ping", payload: {} }));
  socket.onmessage = (event) => { socket.close(); resolve(JSON.parse(event.data)); };
  socket.onclose = (event) => reject(new Error(`closed with ${event.code}`));
})
"""

trusting = create_default_context()
trusting.check_hostname, trusting.verify_mode = False, CERT_NONE


def get(address: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and text; with a body it is posted."""
    request = urllib.request.Request(address, body, headers=headers)
    try:
        with urllib.request.urlopen(request, context=trusting, timeout=30) as answer:
            return answer.status, _lowered(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _lowered(error.headers), ""


def streamed(address: str, person: Person, tab: Tab) -> float:
    """Seconds between the first piece of a slow answer and its end, as a stream of events brings them."""
    tab.send("/long 1").expect_status("complete")
    url = f"{address}/api/v1/conversations/{tab.path.split('/')[2]}/events"
    request = urllib.request.Request(url, headers={"Cookie": person.cookies(), "Accept": "text/event-stream"})
    with urllib.request.urlopen(request, context=trusting, timeout=60) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        tab.send("/slow 0.2")
        came = {}
        for line in stream:
            came.setdefault(line.decode().strip(), time.monotonic())
            if line.startswith(b"event: complete_streaming"):
                break
    return came["event: complete_streaming"] - came["event: streaming"]


def pong(tab: Tab) -> dict[str, Any]:
    """What the socket for programs answers to a ping from a page of ours."""
    answered: dict[str, Any] = tab.page.evaluate(PING)
    return answered


def _lowered(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
