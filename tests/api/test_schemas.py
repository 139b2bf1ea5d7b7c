import pytest

from apps.api.schemas import Conversation, Message, MessageFacts
from apps.chat.models import Role, Status
from tests.factories import ConversationFactory, MessageFactory

pytestmark = pytest.mark.django_db


def test_a_message_tells_its_whole_length_though_its_text_is_cut() -> None:
    message = Message.of(MessageFactory(content="räüber"), most=3)

    assert (message.text, message.length) == ("räü", 6)


def test_facts_hold_no_text() -> None:
    facts = MessageFacts.of(MessageFactory(content="planted"))

    assert "planted" not in facts.model_dump_json()


def test_a_question_has_neither_finish_nor_error() -> None:
    facts = MessageFacts.of(MessageFactory(role=Role.USER))

    assert (facts.status, facts.finish_reason, facts.error) == (Status.COMPLETE, None, None)


def test_a_conversation_does_not_tell_its_owner() -> None:
    conversation = ConversationFactory()

    assert "owner" not in Conversation.of(conversation).model_dump()
