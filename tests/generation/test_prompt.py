import uuid

import pytest

from apps.accounts.models import Preferences, User
from apps.chat import actions, choices
from apps.chat.models import Conversation, Message
from apps.generation.claim import claim
from apps.generation.prompt import request_for
from apps.llm.provider import Turn
from tests.factories import ReplyFactory

pytestmark = pytest.mark.django_db


def test_without_instructions_the_path_is_all_the_model_is_told(reply):
    assert request_for(reply).turns == (Turn("user", "Why?"),)


def test_what_its_reader_wants_everywhere_comes_before_what_the_conversation_wants(asker, reply):
    Preferences.objects.create(user=asker, instructions="Be kind.")
    choices.instruct(asker, reply.conversation_id, instructions="Be brief.")

    assert request_for(reply).turns == (
        Turn("system", "Be kind."),
        Turn("system", "Be brief."),
        Turn("user", "Why?"),
    )


def test_a_continued_reply_goes_on_behind_its_text(asker, reply):
    choices.instruct(asker, reply.conversation_id, instructions="Be brief.")
    Message.objects.filter(pk=reply.pk).update(content="Becau")

    request = claim(uuid.uuid4(), reply.pk, reply.conversation_id).request

    assert (request.turns[0].role, request.reply_so_far) == ("system", "Becau")


def test_a_conversation_begins_with_the_model_that_its_owner_prefers(asker, monkeypatch):
    monkeypatch.setattr("apps.llm.registry.model_names", lambda: ("one", "two"))
    Preferences.objects.create(user=asker, model_name="two")

    sent = actions.send_message(asker, uuid.uuid4(), key="key-of-one", text="Why?", instructions="Be brief.")

    conversation = Conversation.objects.get(pk=sent.conversation_id)
    assert (conversation.model_name, conversation.instructions) == ("two", "Be brief.")
    assert sent.reply.model_name == "two"


def test_a_message_may_name_the_model_that_answers_from_now_on(asker, reply, monkeypatch):
    monkeypatch.setattr("apps.llm.registry.model_names", lambda: ("demo", "other"))
    Message.objects.filter(pk=reply.pk).update(status="complete")

    sent = actions.send_message(
        asker, reply.conversation_id, key="key-of-one", text="And?", model_name="other"
    )

    assert sent.reply.model_name == Conversation.objects.get().model_name == "other"


def test_a_strangers_conversation_takes_no_instructions(stranger: User) -> None:
    theirs = ReplyFactory().conversation

    for choose in (
        lambda: choices.use_model(stranger, theirs.pk, model_name="demo"),
        lambda: choices.instruct(stranger, theirs.pk, instructions="Be brief."),
    ):
        with pytest.raises(Conversation.DoesNotExist):
            choose()
