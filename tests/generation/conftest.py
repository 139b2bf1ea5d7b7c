import uuid
from collections.abc import Callable

import pytest

from apps.accounts.models import User
from apps.chat.models import Message
from tests.support.asking import ask_at_once

Ask = Callable[..., Message]


@pytest.fixture
def asker() -> User:
    return User.objects.create_user("asker@example.org", "a long password")


@pytest.fixture
def ask(asker: User) -> Ask:
    """Asks a question, in a conversation of its own or in a given one, and returns the queued reply."""

    def ask(text: str = "Why?", conversation_id: uuid.UUID | None = None) -> Message:
        where = conversation_id or uuid.uuid4()
        return ask_at_once(asker, where, key=uuid.uuid4().hex, text=text).reply

    return ask


@pytest.fixture
def reply(ask: Ask) -> Message:
    return ask()
