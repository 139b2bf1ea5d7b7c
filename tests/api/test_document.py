"""Whether the code does what its OpenAPI document says: asked over HTTP, thousands of times."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from apps.accounts.models import Scope, User
from apps.api import throttling
from apps.api.documents.kept import DOCUMENTS, FOLDER, kept, spelled
from tests.factories import ConversationFactory, QueuedMessageFactory, ReplyFactory, TokenFactory
from tests.web.conftest import session_of

CHECKOUT = FOLDER.parents[2]
EXCEPT = ["--exclude-path-regex", "/events$"]  # they have no end
SECRET, SESSION = "colloquy_for-schemathesis", "session"
CSRF = "c" * 32
HOOKS = "tests.api.schemathesis_hooks"


def config(conversations: list[str], messages: list[str], queued: list[str], *, thorough: bool) -> str:
    """What there is to be found, and how thoroughly to look."""
    return f"""
[dictionaries.conversations]
values = {json.dumps(conversations)}
[dictionaries.messages]
values = {json.dumps(messages)}
[dictionaries.queued]
values = {json.dumps(queued)}
[parameters]
"path.conversation_id" = {{ dictionary = "conversations" }}
"path.message_id" = {{ dictionary = "messages" }}
"path.queued_id" = {{ dictionary = "queued" }}
[generation]
max-examples = {5 if thorough else 2}
database = "none"
deterministic = true
no-shrink = true
with-security-parameters = false
[phases.coverage]
enabled = {str(thorough).lower()}
unexpected-methods = ["PUT", "TRACE"]
"""


def asked(server: LiveServer, headers: dict[str, str], settings: str, folder: Path) -> str:
    """What has been found wrong."""
    path = folder / "schemathesis.toml"
    path.write_text(settings)
    command = [Path(sys.executable).with_name("schemathesis"), "--config-file", path, "run", "--no-color"]
    said = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    where = [FOLDER / "openapi.json", "--url", f"{server.url}/api/v1"]
    done = subprocess.run(
        [*command, *where, *said, "--continue-on-failure", *EXCEPT],
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": HOOKS, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def credentials(user: User, by: str) -> dict[str, str]:
    """The headers of a token with this scope, or of a page in a session."""
    if by != SESSION:
        TokenFactory(user=user, scope=by, secret=SECRET)
        return {"Authorization": f"Bearer {SECRET}"}
    return {"Cookie": f"sessionid={session_of(user)}; csrftoken={CSRF}", "X-CSRFToken": CSRF}


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "WRITES", 1_000_000)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_kept_document_is_what_the_code_says(name: str) -> None:
    assert spelled(DOCUMENTS[name]()) == kept(name), "run manage.py api_documents"


@pytest.mark.embedded_only
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("unhurried")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by", [*Scope, SESSION])
def test_code_does_what_the_document_says(
    by: str, owner: User, live_server: LiveServer, tmp_path: Path
) -> None:
    rows = [ReplyFactory(parent__conversation=ConversationFactory(owner=owner)) for _ in range(4)]
    queued = [QueuedMessageFactory(conversation=row.conversation) for row in rows]
    settings = config(
        [str(row.conversation_id) for row in rows],
        [str(pk) for row in rows for pk in (row.pk, row.parent_id)],
        [str(row.pk) for row in queued],
        thorough=by == Scope.WRITE,
    )

    found = asked(live_server, credentials(owner, by), settings, tmp_path)

    assert not found, found
