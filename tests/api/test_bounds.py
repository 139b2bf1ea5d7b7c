"""Every answer takes as many queries, however much there is."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.chat.models import Conversation
from tests.api.client import Program
from tests.factories import ConversationFactory, GenerationFactory, MessageFactory, ReplyFactory

pytestmark = pytest.mark.django_db

READS: dict[str, tuple[str, int]] = {
    "conversations": ("/conversations", 1),
    "some of them": ("/conversations?words=a&pinned=false&limit=3", 1),
    "a conversation": ("/conversations/{conversation}", 1),
    "the path": ("/conversations/{conversation}/messages", 4),
    "the tree": ("/conversations/{conversation}/tree", 3),
    "the queue": ("/conversations/{conversation}/queue", 2),
    "a message": ("/messages/{message}", 3),
    "attempts": ("/messages/{message}/attempts", 2),
    "feedback": ("/messages/{message}/feedback", 2),
    "models": ("/models", 0),
    "oneself": ("/me", 1),
}
ENTRANCE = 1  # query that finds the token


def grown(owner: User, size: int) -> dict[str, UUID]:
    """`size` conversations, the last with `size` exchanges, the last of which took `size` attempts."""
    conversation: Conversation = [ConversationFactory(owner=owner, title="a") for _ in range(size)][-1]
    row = None
    for _ in range(size):
        row = ReplyFactory(parent=MessageFactory(conversation=conversation, parent=row))
    for number in range(size):
        GenerationFactory(message=row, attempt=number + 1)
    assert row
    return {"conversation": conversation.pk, "message": row.pk}


@pytest.mark.parametrize("size", [1, 30])
@pytest.mark.parametrize(("path", "queries"), READS.values(), ids=READS)
def test_reading_takes_the_same_queries_however_much_there_is(
    writer: Program, owner: User, path: str, queries: int, size: int
) -> None:
    path = path.format(**grown(owner, size))
    writer.get("/me")  # the token's use has been noted

    with CaptureQueriesContext(connection) as asked:
        assert writer.get(path).status_code == 200

    assert len(asked) == ENTRANCE + queries, "\n".join(query["sql"] for query in asked)


def test_a_session_costs_a_few_queries_more(owner: User, page_of: Callable[[User], Program]) -> None:
    program = page_of(owner)
    program.get("/models")

    with CaptureQueriesContext(connection) as asked:
        program.get("/models")

    assert len(asked) == 3  # the session, its user, and how they like it
