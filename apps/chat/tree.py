"""The whole tree of a conversation, without its texts, page by page."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Length

from apps.chat.models import Chunk, Message
from apps.chat.reading import joined, tails_in


@dataclass(frozen=True)
class Place:
    """Where a page of the tree ended."""

    rev: int
    id: UUID


@dataclass(frozen=True)
class Node:
    """A message whose content is not loaded, and how many code points of it are stored."""

    message: Message
    length: int


def tree_page(conversation_id: UUID, *, behind: Place | None, size: int) -> tuple[list[Node], Place | None]:
    """Messages in the order in which they last changed; and where to go on, if there are more.

    One that changes meanwhile comes again at the end, so that whoever reads to the end has missed nothing.
    """
    tails = tails_in(conversation_id)
    rows = Message.objects.filter(conversation_id=conversation_id).order_by("rev", "pk").defer("content")
    if behind:
        rows = rows.filter(Q(rev__gt=behind.rev) | Q(pk__gt=behind.id), rev__gte=behind.rev)
    found = list(rows.annotate(sealed=Length("content"))[: size + 1])
    nodes = [_node(row, vars(row)["sealed"], tails.get(row.pk, [])) for row in found[:size]]
    last = found[size - 1] if len(found) > size else None
    return nodes, Place(last.rev, last.pk) if last else None


def _node(row: Message, sealed: int, tail: list[Chunk]) -> Node:
    return Node(row, sealed + len(joined(tail, start=sealed)))
