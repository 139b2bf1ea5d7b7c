"""Programs of somebody's own: the examples and `curl`, each a process that writes what it sees.

`with terminal(address, token, conversation) as program` starts one; `program.said` is what it has written.
"""

import codecs
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Condition, Thread
from types import TracebackType
from typing import Any, Self
from urllib.request import Request, urlopen
from uuid import UUID

import playwright

from apps.ops.stack import CHECKOUT
from tests.support.product import Account, Product

EXAMPLES = CHECKOUT / "apps/api/examples"
WITHIN = 60.0  # seconds for anything that is waited for
NODE = Path(playwright.__file__).parent / "driver" / "node"  # it runs TypeScript, and is locked as all else
MAKE_TOKEN = """
from datetime import timedelta
from apps.accounts.models import Scope, User
from apps.accounts.tokens import issue

user = User.objects.get(email={email!r})
print(issue(user, name="A program", scope=Scope.WRITE, lifetime=timedelta(days=7))[1])
"""


class Program:
    def __init__(self, *command: str | Path, token: str = "") -> None:
        self.said = ""
        self._command, self._token = command, token
        self._said_more = Condition()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            env={**os.environ, "COLLOQUY_TOKEN": self._token},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._listening = Thread(target=self._listen, daemon=True)
        self._listening.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End it; what it has said stays."""
        self._process.kill()
        self._process.wait()
        self._listening.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()

    def type(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def end_input(self) -> int:
        """Say that there is no more to come; its exit code."""
        assert self._process.stdin
        self._process.stdin.close()
        return self.ended()

    def ended(self) -> int:
        """Its exit code, once it has ended by itself and been heard to the end."""
        code = self._process.wait(WITHIN)
        self._listening.join(WITHIN)
        return code

    def wait_for(self, text: str) -> str:
        """What it has said by the time that `text` is in it."""
        return self._wait(lambda: text in self.said, text)

    def wait_for_words(self, count: int) -> str:
        return self._wait(lambda: len(self.said.split()) >= count, f"{count} words")

    def _wait(self, condition: Callable[[], bool], wanted: str) -> str:
        with self._said_more:
            assert self._said_more.wait_for(condition, WITHIN), f"no {wanted} in {self.said!r}"
            return self.said

    def _listen(self) -> None:
        assert self._process.stdout
        decode = codecs.getincrementaldecoder("utf-8")().decode
        while data := os.read(self._process.stdout.fileno(), 1 << 16):
            with self._said_more:
                self.said += decode(data)
                self._said_more.notify_all()


class Stream(Program):
    """One that writes a stream of events as it comes."""

    @property
    def events(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Those that are here whole: their names, and what they carry."""
        for block in self.said.split("\n\n")[:-1]:
            fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if "event" in fields:
                yield fields["event"], json.loads(fields["data"])

    @property
    def position(self) -> str:
        return [str(payload["position"]) for _, payload in self.events][-1]

    def wait_for_text(self, message_id: UUID, text: str) -> None:
        self._wait(lambda: text in self.text_of(message_id), text)

    def wait_for_end_of(self, message_id: UUID) -> None:
        def has_ended() -> bool:
            ended = (payload for action, payload in self.events if action == "complete_streaming")
            return any(payload["message"]["id"] == str(message_id) for payload in ended)

        self._wait(has_ended, f"end of {message_id}")

    def text_of(self, message_id: UUID, known: str = "") -> str:
        """What a program that heard this and had `known` has of the message."""
        text, pk = known, str(message_id)
        for action, payload in self.events:
            told = {"snapshot": payload.get("messages", ()), "message": [payload.get("message")]}
            text = next((message["text"] for message in told.get(action, ()) if message["id"] == pk), text)
            if action == "streaming" and payload["message_id"] == pk:
                text = text[: payload["start"]] + payload["text"]
        return text


def terminal(address: str, token: str, conversation: str = "") -> Program:
    """The example in Python."""
    arguments = [conversation] if conversation else []
    return Program(sys.executable, EXAMPLES / "terminal_chat.py", address, *arguments, token=token)


def typescript(address: str, token: str, conversation: str) -> Program:
    """The example in TypeScript, without its page."""
    script = EXAMPLES / "react_page/watch.ts"
    return Program(NODE, "--experimental-eventsource", script, address, conversation, token=token)


def curl(address: str, token: str, conversation: str, position: str = "") -> Stream:
    """The stream as it comes."""
    headers = [f"Authorization: Bearer {token}", *([f"Last-Event-ID: {position}"] if position else [])]
    options = [part for header in headers for part in ("--header", header)]
    url = f"{address}/api/v1/conversations/{conversation}/events"
    return Stream("curl", "--no-buffer", "--silent", "--show-error", *options, url)


def token_of(product: Product, account: Account) -> str:
    """A new token of theirs."""
    script = MAKE_TOKEN.format(email=account.email)
    return product.manage("shell", "--verbosity", "0", "--command", script).strip()


def posted(address: str, token: str, path: str, **body: object) -> dict[str, Any]:
    """What the server answers to a request of this token's owner."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = Request(f"{address}/api/v1/{path}", json.dumps(body).encode(), headers)
    with urlopen(request, timeout=WITHIN) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def delete(address: str, token: str, path: str) -> None:
    request = Request(
        f"{address}/api/v1/{path}", headers={"Authorization": f"Bearer {token}"}, method="DELETE"
    )
    urlopen(request, timeout=WITHIN).close()
