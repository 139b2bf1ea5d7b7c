import uuid

import pytest
from django.utils import timezone

from apps.chat.models import Chunk, Conversation, Message, Status, TitleState
from apps.generation.append import Piece, append
from apps.generation.claim import Claim, Fenced, claim_waiting
from apps.generation.models import Generation
from apps.generation.settle import MOST_LOST, Outcome, settle
from apps.llm.errors import ErrorCode
from apps.llm.provider import Usage
from tests.support.scripted_provider import ScriptedProvider, serving

pytestmark = pytest.mark.django_db
LOST = Outcome(Status.INTERRUPTED, error_code=ErrorCode.WORKER_LOST)


@pytest.fixture
def claimed(reply) -> Claim:
    claimed = claim_waiting(uuid.uuid4(), room=1)[0]
    append([Piece(claimed.message_id, claimed.attempt, 0, "Be")])
    return claimed


def row(claimed: Claim) -> Message:
    return Message.objects.get(pk=claimed.message_id)


def test_it_stores_the_last_text_and_the_outcome(claimed):
    outcome = Outcome(
        Status.COMPLETE, finish_reason="stop", usage=Usage(3, 5), first_text_ms=7, duration_ms=9
    )

    settle(claimed, outcome, start=2, text="cause")

    assert (row(claimed).content, row(claimed).status) == ("Because", Status.COMPLETE)
    generation = Generation.objects.get(message=claimed.message_id)
    assert (generation.prompt_tokens, generation.completion_tokens) == (3, 5)
    assert (generation.first_text_ms, generation.duration_ms) == (7, 9)
    assert not Chunk.objects.exists()


@pytest.mark.parametrize("start", [0, 1, 2])
def test_text_whose_commit_got_lost_is_stored_once(claimed, start):
    settle(claimed, Outcome(Status.STOPPED), start=start, text="Because"[start:])

    assert row(claimed).content == "Because"


def test_a_fenced_attempt_settles_nothing(claimed):
    Message.objects.filter(pk=claimed.message_id).update(attempt=2)

    with pytest.raises(Fenced):
        settle(claimed, Outcome(Status.COMPLETE, finish_reason="stop"), start=2, text="cause")

    assert row(claimed).status == Status.STREAMING
    assert Conversation.objects.get().rev == 2


def test_a_change_of_state_is_a_revision(claimed):
    rev = Conversation.objects.get().rev

    settle(claimed, Outcome(Status.STOPPED))

    assert Conversation.objects.get().rev == row(claimed).rev == rev + 1


def test_the_first_complete_reply_makes_the_conversation_want_a_title(claimed):
    assert settle(claimed, Outcome(Status.COMPLETE, finish_reason="stop"))
    assert Conversation.objects.get().title_state == TitleState.WANTED


def test_a_reply_that_failed_asks_for_no_title(claimed):
    assert not settle(claimed, Outcome(Status.INTERRUPTED, error_code=ErrorCode.CUT_OFF))


def test_a_reply_left_behind_goes_on_if_its_model_can(claimed):
    with serving(ScriptedProvider([], resumes=True)):
        settle(claimed, LOST)

    assert (row(claimed).status, row(claimed).content, row(claimed).error_code) == (Status.QUEUED, "Be", "")


def test_a_reply_left_behind_is_interrupted_if_its_model_cannot_go_on(claimed):
    with serving(ScriptedProvider([], resumes=False)):
        settle(claimed, LOST)

    assert (row(claimed).status, row(claimed).error_code) == (Status.INTERRUPTED, ErrorCode.WORKER_LOST)


def test_a_reply_left_behind_without_text_is_asked_for_again(claimed):
    Chunk.objects.all().delete()

    with serving(ScriptedProvider([], resumes=False)):
        settle(claimed, LOST)

    assert row(claimed).status == Status.QUEUED


def test_a_reply_left_behind_after_stop_is_stopped(claimed):
    Message.objects.filter(pk=claimed.message_id).update(stop_at=timezone.now())

    settle(claimed, LOST)

    assert row(claimed).status == Status.STOPPED


def test_a_reply_that_has_cost_many_workers_is_left_to_its_reader(claimed):
    for attempt in range(100, 100 + MOST_LOST):
        Generation.objects.create(
            message=row(claimed), attempt=attempt, worker_id=uuid.uuid4(), error_code=ErrorCode.WORKER_LOST
        )

    with serving(ScriptedProvider([], resumes=True)):
        settle(claimed, LOST)

    assert row(claimed).status == Status.INTERRUPTED
