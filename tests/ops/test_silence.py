"""Logs of a whole stack at its most talkative: each line an event, one id along the way, nobody's words."""

import json
import re
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from apps.ops.drill.accounts import sessions
from apps.ops.services import Services
from apps.ops.stack import Stack

pytestmark = pytest.mark.embedded_only

MARK = "planted-7d41e9"  # in everything that nobody may find in a log
CSRF = "x" * 32
WITHIN = 60.0  # seconds
ROLES = ("web-1", "engine-1", "worker", "beat")
TALKATIVE = {
    "LOG_FORMAT": "json",
    "LOG_LEVEL": "DEBUG",
    "METRICS_TOKEN": f"{MARK}-metrics",
    "SECRET_KEY": f"{MARK}-{'k' * 50}",
}


class Heard:
    """What each process has printed."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __call__(self, name: str, line: str) -> None:
        self.lines.append((name, line))

    def events(self, name: str) -> list[dict[str, object]]:
        return [json.loads(line) for who, line in self.lines if who == name and line.startswith("{")]

    def wait_for(self, name: str, words: str) -> dict[str, object]:
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline:
            if found := next((e for e in self.events(name) if words in str(e["message"])), None):
                return found
            time.sleep(0.1)  # a line rings no bell
        raise AssertionError(f"{name} has not said: {words}")


class Visitor:
    def __init__(self, stack: Stack, session: str) -> None:
        self.base_url, self.session = stack.base_url, session

    def ask(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> int:
        cookies = f"sessionid={self.session}; csrftoken={CSRF}"
        headers = {"Cookie": cookies, "X-CSRFToken": CSRF, **headers}
        body = urlencode(fields).encode() if fields else None
        request = urllib.request.Request(f"{self.base_url}{path}", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def send(self, text: str) -> str:
        conversation = f"/c/{uuid.uuid4()}/"
        fields = {
            "key": uuid.uuid4().hex,
            "text": text,
            "model": "demo",
            "instructions": f"{MARK}-instructions",
        }
        assert self.ask(f"{conversation}send/", fields) < 400
        return conversation


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Heard]:
    """Everything that people and strangers do with words, tokens and passwords of theirs."""
    heard = Heard()
    environment = {"DATA_DIR": str(tmp_path_factory.mktemp("data")), **TALKATIVE}
    with Stack(Services(), engines=1, environment=environment, echo=heard) as stack:
        visitor = Visitor(stack, sessions(stack, 1)[0])
        conversation = visitor.send(f"/long 30 {MARK}-text")
        heard.wait_for("worker", "write_title ended with success")
        visitor.send(f"/error unavailable {MARK}-text")
        visitor.ask(f"{conversation}rename/", {"title": f"{MARK}-title"})
        visitor.ask(f"{conversation}{MARK}-command/", {"text": MARK})
        visitor.ask(f"{conversation}?q={MARK}")
        visitor.ask(f"/{MARK}-page/")
        visitor.ask(f"/palette/?q={MARK}")
        visitor.ask(f"/accounts/password/reset/key/1-{MARK}/")
        visitor.ask("/metrics", Authorization=f"Bearer {MARK}-metrics")
        visitor.ask("/api/v1/me", Authorization=f"Bearer colloquy_{MARK}")
        visitor.ask(
            "/accounts/login/", {"login": f"{MARK}@example.org", "password": MARK}, Cookie=f"csrftoken={CSRF}"
        )
        signing_up = {"email": f"{MARK}@example.org", "password1": f"{MARK}-password"}
        visitor.ask("/accounts/signup/", signing_up, Cookie=f"csrftoken={CSRF}; sessionid={MARK}")
        visitor.ask("/accounts/login/", Host=f"{MARK}.example")
        heard.wait_for("engine-1", "is failed after")
        yield heard


def test_every_line_of_every_role_is_an_event(heard: Heard) -> None:
    stray = [line for name, line in heard.lines if name in ROLES and not line.startswith("{")]

    assert stray == []
    assert all(heard.events(name) for name in ("web-1", "engine-1", "worker"))


def test_one_request_leads_from_web_to_engine_to_worker(heard: Heard) -> None:
    request_id = heard.wait_for("web-1", "is asked for")["request_id"]

    for name, words in (
        ("engine-1", "is taken up"),
        ("engine-1", "is complete after"),
        ("worker", "write_title"),
    ):
        assert heard.wait_for(name, words)["request_id"] == request_id
    command = next(event for event in heard.events("web-1") if event.get("route") == "command")
    assert command["request_id"] == request_id


def test_no_line_holds_what_anybody_wrote_or_is_known_by(heard: Heard) -> None:
    assert [line for _, line in heard.lines if re.search(MARK, line)] == []
