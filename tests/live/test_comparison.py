import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.chat.models import Message
from apps.generation.append import Piece, append
from apps.live.comparison import compare
from tests.factories import ChunkFactory, ConversationFactory, ReplyFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def running() -> Message:
    return ReplyFactory(streaming=True, parent__conversation__rev=3)


def write(running: Message, *pieces: str, seal: bool = False) -> None:
    start = 0
    for text in pieces:
        append([Piece(running.pk, running.attempt, start, text, seal=seal)])
        start += len(text)


def missed(running: Message, length: int) -> list[tuple[int, str]]:
    return [(start, text) for _, start, text in compare([], [], {running.pk: length}).missed]


def test_it_says_how_far_everything_is(running):
    gone = ConversationFactory(deleted_at="2026-01-01T00:00Z")
    owner = running.conversation.owner_id

    found = compare([running.conversation_id, gone.pk, uuid.uuid4()], [owner], {})

    assert found.conversation_revs == {running.conversation_id: 3}
    assert (found.account_revs, found.missed) == ({}, [])


def test_it_brings_the_pieces_that_follow_what_is_known(running):
    write(running, "Be", "cause", " 😀")

    assert missed(running, 2) == [(2, "cause"), (7, " 😀")]
    assert missed(running, 9) == []


def test_it_brings_what_has_been_folded_into_the_row(running):
    write(running, "Be😀", "cause", seal=True)
    ChunkFactory(message=running, start=8, text=" of")

    assert missed(running, 2) == [(2, "😀cause"), (8, " of")]
    assert missed(running, 8) == [(8, " of")]


@pytest.mark.parametrize("count", [1, 7])
def test_it_takes_one_query_for_all_texts_and_two_for_the_revs(count):
    replies = [ChunkFactory(message=ReplyFactory(streaming=True)).message for _ in range(count)]
    lengths = {reply.pk: 0 for reply in replies}

    with CaptureQueriesContext(connection) as queries:
        found = compare([r.conversation_id for r in replies], [1, 2], lengths)

    assert len(queries) == 3
    assert {pk: text for pk, _, text in found.missed} == dict.fromkeys(lengths, "Because")
