import pytest

from apps.accounts.models import User
from apps.chat import feedback
from apps.chat.asking import NotPossible
from apps.chat.models import Conversation, Feedback, Message, Verdict
from tests.factories import ReplyFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def reply(owner: User) -> Message:
    return ReplyFactory(parent__conversation__owner=owner)


def stored() -> list[tuple[str, str]]:
    return list(Feedback.objects.values_list("verdict", "note"))


def test_a_verdict_can_be_given_changed_and_taken_back(owner: User, reply: Message) -> None:
    where = (owner, reply.conversation_id, reply.pk)

    feedback.like(*where)
    assert stored() == [(Verdict.UP, "")]
    feedback.note(*where, text="Clear.")
    feedback.dislike(*where)
    assert stored() == [(Verdict.DOWN, "Clear.")]
    feedback.unrate(*where)

    assert stored() == []


def test_every_page_hears_of_it(owner: User, reply: Message) -> None:
    feedback.like(owner, reply.conversation_id, reply.pk)

    reply.refresh_from_db()
    assert reply.rev == Conversation.objects.get().rev == 1


def test_a_note_needs_a_verdict(owner: User, reply: Message) -> None:
    with pytest.raises(NotPossible):
        feedback.note(owner, reply.conversation_id, reply.pk, text="Clear.")

    assert Conversation.objects.get().rev == 0


def test_only_an_answer_that_has_ended_is_rated(owner: User) -> None:
    running = ReplyFactory(parent__conversation__owner=owner, streaming=True)

    for message in (running, running.parent):
        with pytest.raises(NotPossible):
            feedback.like(owner, running.conversation_id, message.pk)


def test_what_is_somebody_elses_is_absent(stranger: User, reply: Message) -> None:
    for action in (feedback.like, feedback.dislike, feedback.unrate):
        with pytest.raises(Conversation.DoesNotExist):
            action(stranger, reply.conversation_id, reply.pk)

    assert stored() == []
