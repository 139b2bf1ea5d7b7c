"""What the database has beyond the mirrors of this process: asked once a tick, for everything at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from apps.chat.models import Account, Conversation, Message

MOST_TEXT = 50_000  # code points of one reply that are read at a tick
MOST_PIECES = 5_000
BEYOND = """
WITH known(id, length) AS (VALUES {known})
SELECT m.id, k.length, SUBSTR(m.content, k.length + 1, %s)
FROM known k JOIN chat_message m ON m.id = k.id WHERE LENGTH(m.content) > k.length
UNION ALL
SELECT c.message_id, c.start, c.text
FROM known k JOIN chat_chunk c ON c.message_id = k.id WHERE c.start >= k.length
ORDER BY 2 LIMIT %s
"""


@dataclass(frozen=True)
class Comparison:
    """How far the rows are that exist, and what was missed: (message, start, text), in order of start."""

    conversation_revs: dict[UUID, int]
    account_revs: dict[int, int]
    missed: list[tuple[UUID, int, str]]
    draft_revs: dict[int, int] = field(default_factory=dict)


def compare(
    conversation_ids: Collection[UUID], owner_ids: Collection[int], lengths: Mapping[UUID, int]
) -> Comparison:
    """Three queries at most, whatever is asked. `lengths` are of replies that may have grown."""
    conversations = Conversation.objects.filter(pk__in=conversation_ids, deleted_at=None)
    accounts = Account.objects.filter(pk__in=owner_ids).values_list("pk", "rev", "draft_rev")
    known = list(accounts) if owner_ids else []
    return Comparison(
        dict(conversations.values_list("pk", "rev")) if conversation_ids else {},
        {pk: rev for pk, rev, _ in known},
        _beyond(lengths) if lengths else [],
        {pk: draft_rev for pk, _, draft_rev in known},
    )


def _beyond(lengths: Mapping[UUID, int]) -> list[tuple[UUID, int, str]]:
    """One statement sees chunks and the row they are folded into at the same moment."""
    field = Message._meta.pk
    known = [
        value for pk, length in lengths.items() for value in (field.get_db_prep_value(pk, connection), length)
    ]
    with connection.cursor() as cursor:
        sql = BEYOND.format(known=", ".join(["(%s, %s)"] * len(lengths)))
        cursor.execute(sql, [*known, MOST_TEXT, MOST_PIECES])
        return [(field.to_python(pk), start, text) for pk, start, text in cursor.fetchall()]
