import pytest

from apps.accounts.models import User
from apps.chat.models import Conversation, Message
from apps.events import Event
from tests.factories import ConversationFactory, MessageFactory, ReplyFactory


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """What has been published, in order."""
    events: list[Event] = []
    monkeypatch.setattr("apps.events.publish", lambda *published: events.extend(published))
    return events


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return ConversationFactory(owner=owner)


@pytest.fixture
def question(conversation: Conversation) -> Message:
    return MessageFactory(conversation=conversation)


@pytest.fixture
def reply(question: Message) -> Message:
    return ReplyFactory(parent=question)
