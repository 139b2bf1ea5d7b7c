"""What staff find conversations by: whose they are, and what was written. However much there is, no more than
so much of it is looked at; and each says whether that left something out."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Length

from apps.accounts.models import User
from apps.chat.models import Conversation, Message
from apps.chat.querysets import ConversationQuerySet

MOST_OWNERS = 50  # whose addresses hold what is searched for
SEARCHED = 1_000  # conversations whose messages are searched
MOST_MESSAGES = 10_000  # of them
OF_ONE = "SELECT * FROM ({}) AS of_one"
OF_ALL = "SELECT id FROM ({}) AS of_all ORDER BY updated_at DESC, id DESC LIMIT %s"


@dataclass(frozen=True)
class Found:
    """Ids of conversations, and whether there may be more."""

    ids: Sequence[UUID] = ()
    is_cut: bool = False


def of_id(words: str, rows: QuerySet[Conversation]) -> Found:
    """The one among `rows` that has it."""
    with suppress(ValueError):
        return Found(list(rows.filter(pk=UUID(words)).values_list("pk", flat=True)))
    return Found()


def owners_by(words: str) -> tuple[list[int], bool]:
    """Whose address holds these words, and whether there are more of them.

    The shortest come first: no address is shorter than the one that was spelled out.
    """
    rows = User.objects.filter(email__icontains=words).order_by(Length("email"), "email")
    owners = list(rows.values_list("pk", flat=True)[: MOST_OWNERS + 1])
    return owners[:MOST_OWNERS], len(owners) > MOST_OWNERS


def latest_of(owners: Sequence[int], rows: QuerySet[Conversation], *, most: int) -> Found:
    """The latest of theirs among `rows`."""
    if not owners:
        return Found()
    # By the index, the latest of each: for one query of all of them a database may sort whatever they have.
    wanted = rows.order_by("-updated_at", "-id").values("id", "updated_at")
    each = [wanted.filter(owner=owner)[: most + 1].query.sql_with_params() for owner in owners]
    sql = OF_ALL.format(" UNION ALL ".join(OF_ONE.format(sql) for sql, _ in each))
    with connection.cursor() as cursor:
        cursor.execute(sql, [*(value for _, values in each for value in values), most + 1])
        ids = [_uuid(pk) for (pk,) in cursor.fetchall()]
    return Found(ids[:most], len(ids) > most)


def written_in(words: str, rows: ConversationQuerySet) -> Found:
    """Those of the few `rows` whose title holds the words, or a message if they are of the first."""
    named = rows.by_title(words)
    among = list(named)[:SEARCHED]
    holding, is_cut = Message.objects.holding(words, among=among, most=MOST_MESSAGES)
    titled = [pk for pk, holds in named.items() if holds]
    return Found(list({*titled, *holding}), is_cut or len(named) > SEARCHED)


def _uuid(value: object) -> UUID:
    found: UUID = Conversation._meta.pk.to_python(value)
    return found
