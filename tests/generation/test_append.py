import uuid

import pytest
from django.utils import timezone

from apps.chat.models import Chunk, Message, Status
from apps.chat.reading import whole_text
from apps.generation.append import Piece, append
from apps.generation.claim import Claim, claim_waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def claimed(reply) -> Claim:
    return claim_waiting(uuid.uuid4(), room=1)[0]


def piece(claimed: Claim, text: str, start: int = 0, **more: object) -> Piece:
    return Piece(claimed.message_id, claimed.attempt, start, text, **more)


def stored(claimed: Claim) -> str:
    return whole_text(Message.objects.get(pk=claimed.message_id))


def test_pieces_add_up_to_the_text(claimed):
    append([piece(claimed, "Be")])
    append([piece(claimed, "cause", start=2)])

    assert stored(claimed) == "Because"


@pytest.mark.parametrize("seal", [False, True])
def test_the_same_piece_twice_is_stored_once(claimed, seal):
    append([piece(claimed, "Be")])
    append([piece(claimed, "cause 😀", start=2, seal=seal)])
    verdict = append([piece(claimed, "cause 😀", start=2, seal=seal)])

    assert stored(claimed) == "Because 😀"
    assert verdict.stored == {claimed.message_id}


def test_an_earlier_attempt_stores_nothing(claimed):
    Message.objects.filter(pk=claimed.message_id).update(attempt=2)

    verdict = append([piece(claimed, "late")])

    assert verdict.fenced == {claimed.message_id}
    assert stored(claimed) == ""


@pytest.mark.parametrize("status", [s for s in Status if s != Status.STREAMING])
def test_a_reply_that_is_not_being_written_takes_no_text(claimed, status):
    Message.objects.filter(pk=claimed.message_id).update(status=status)

    assert append([piece(claimed, "late")]).fenced == {claimed.message_id}
    assert stored(claimed) == ""


def test_a_fenced_reply_does_not_stop_the_others(ask, claimed):
    ask()
    other = claim_waiting(uuid.uuid4(), room=1)[0]
    Message.objects.filter(pk=claimed.message_id).update(attempt=2)

    verdict = append([piece(claimed, "late"), piece(other, "fine")])

    assert (verdict.fenced, verdict.stored) == ({claimed.message_id}, {other.message_id})
    assert stored(other) == "fine"


@pytest.mark.django_db(transaction=True)
def test_a_poisoned_piece_does_not_stop_the_others(ask, claimed):
    ask(), ask()
    others = claim_waiting(uuid.uuid4(), room=2)

    verdict = append([piece(others[0], "fine"), piece(claimed, "\ud800"), piece(others[1], "too")])

    assert verdict.poisoned == {claimed.message_id}
    assert [stored(other) for other in others] == ["fine", "too"]


def test_it_tells_when_the_reader_wants_no_more(claimed):
    Message.objects.filter(pk=claimed.message_id).update(stop_at=timezone.now())

    assert append([piece(claimed, "")]).unwanted == {claimed.message_id}


def test_it_tells_when_the_conversation_is_deleted(reply, claimed):
    reply.conversation.deleted_at = timezone.now()
    reply.conversation.save()

    assert append([piece(claimed, "")]).unwanted == {claimed.message_id}


def test_it_tells_when_the_user_is_blocked(asker, claimed):
    asker.is_active = False
    asker.save()

    assert append([piece(claimed, "")]).unwanted == {claimed.message_id}


def test_sealing_folds_the_chunks_into_the_row(claimed):
    append([piece(claimed, "Be")])
    append([piece(claimed, "cause", start=2, seal=True)])

    assert Message.objects.get(pk=claimed.message_id).content == "Because"
    assert not Chunk.objects.filter(message=claimed.message_id).exists()


def test_sealing_twice_leaves_room_for_what_follows(claimed):
    append([piece(claimed, "Because", seal=True)])
    append([piece(claimed, "Because", seal=True)])
    append([piece(claimed, " so.", start=7, seal=True)])

    assert Message.objects.get(pk=claimed.message_id).content == "Because so."


def test_its_queries_do_not_grow_with_the_replies(ask, claimed, django_assert_num_queries):
    for _ in range(20):
        ask()
    claims = [claimed, *claim_waiting(uuid.uuid4(), room=20)]

    with django_assert_num_queries(4):  # savepoint, lock, insert, release
        append([piece(claim, "word") for claim in claims])
