"""Reading conversations for display: bounded windows of the shown path, and what changed since a rev.

Chunks are read before the rows they belong to: a row sealed in between then holds them already, so that
content and tail always meet and never leave a gap.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from apps.chat.models import Chunk, Conversation, Message
from apps.chat.querysets import ConversationQuerySet, Mark, Relative
from apps.chat.revisions import account_rev

WINDOW = 50  # messages of the shown path that are drawn at once
WINDOW_SIZE = 400_000  # code points after which a window ends early
LAST = 2  # messages that end the shown path: a question and its reply
MOST_CHANGES = 200  # rows after which reading the window anew is cheaper
PAGE = 40  # conversations in one page of the list


@dataclass(frozen=True)
class Window:
    """A stretch of the shown path, oldest first; `has_older` if the path goes on above it.

    `last` is the end of the path if the stretch does not reach it; `has_newer` if there is more in between.
    """

    messages: list[Message]
    has_older: bool
    last: list[Message] = field(default_factory=list)
    has_newer: bool = False


@dataclass(frozen=True)
class Changes:
    """What became of a conversation since a rev: the changed and the running `messages`, and the ids of the
    newest stretch of the shown path. `complete` is false if there was too much to tell."""

    conversation: Conversation
    messages: list[Message]
    shown: frozenset[UUID]
    complete: bool


@dataclass(frozen=True)
class Alternatives:
    """Where a message stands among its siblings: `place` of `total`, from one, with its neighbours.

    They came after what was written at `after`; None if nothing was before.
    """

    place: int
    total: int
    previous: UUID | None
    next: UUID | None
    after: datetime | None = field(default=None, compare=False)


def newest_window(conversation: Conversation, *, most: int = WINDOW) -> Window:
    """The end of the shown path, with the text so far of what is being written."""
    return _stretch(conversation, _path_up(conversation.head_id, most))


def window_above(conversation: Conversation, message: Message, *, most: int = WINDOW) -> Window:
    """The stretch of the path above `message`."""
    return _stretch(conversation, _path_up(message.parent_id, most))


def window_below(conversation: Conversation, message: Message) -> Window | None:
    """The stretch of the shown path below `message`; None if that is not on it."""
    path = _path_between(conversation, message.depth, message.depth + WINDOW)
    if not path or path[0][0] != message.pk:
        return None
    return _stretch(conversation, _within(path[1:], WINDOW_SIZE))


def window_around(conversation: Conversation, message: Message) -> Window | None:
    """The stretch of the shown path with `message` in its middle; None if that is not on it."""
    reach = WINDOW // 2
    path = _path_between(conversation, message.depth - reach, message.depth + reach)
    place = next((place for place, (pk, _) in enumerate(path) if pk == message.pk), None)
    if place is None:
        return None
    above = _within(path[:place][::-1], WINDOW_SIZE // 2)[::-1] if place else []
    return _stretch(conversation, [*above, *_within(path[place:], WINDOW_SIZE // 2)])


def changes(conversation_id: UUID, *, since: int) -> Changes:
    """What changed after rev `since`; raises Conversation.DoesNotExist. Rev is read first, rows after."""
    conversation = Conversation.objects.undeleted(conversation_id)
    tails = tails_in(conversation_id)
    rows = Message.objects.changed_or_live(conversation_id, since=since, most=MOST_CHANGES + 1)
    messages = _with_tails(rows, tails)
    shown = frozenset(_path_up(conversation.head_id))
    return Changes(conversation, messages, shown, complete=len(messages) <= MOST_CHANGES)


def tails_in(conversation_id: UUID) -> dict[UUID, list[Chunk]]:
    """The unsealed text of a conversation's running replies."""
    tails = defaultdict(list)
    for message_id, start, text in Message.objects.tails_in(conversation_id):
        tails[message_id].append(Chunk(message_id=message_id, start=start, text=text))
    return tails


def whole_text(message: Message) -> str:
    """All that is stored of a message, running or not."""
    return whole(message.pk).text


def whole(message_id: UUID) -> Message:
    """The message with all that is stored of it; raises Message.DoesNotExist."""
    tails = _tails(message_id=message_id)
    for message in _with_tails(Message.objects.filter(pk=message_id), tails):
        return message
    raise Message.DoesNotExist


def alternatives(messages: Iterable[Message]) -> dict[UUID, Alternatives]:
    """The places of those messages, and of their siblings."""
    parents = {message.parent_id for message in messages if message.parent_id}
    begun = {message.conversation_id for message in messages if message.parent_id is None}
    families = defaultdict(list)
    for relative in Message.objects.families(parents, begun):
        families[relative.parent_id, relative.conversation_id].append(relative)
    return {relative.id: _place(relative, family) for family in families.values() for relative in family}


def conversation_page(owner_id: int, *, behind: Mark | None = None) -> tuple[list[Conversation], Mark | None]:
    """A page of the owner's list, pinned first, then newest first; and where to go on, if it goes on."""
    rows, more = _page(Conversation.objects.owned_by(owner_id).listed(), behind)
    return rows, replace(more, pinned=rows[-1].pinned) if more else None


def archive_page(owner_id: int, *, behind: Mark | None = None) -> tuple[list[Conversation], Mark | None]:
    """A page of what the owner has put away, newest first; and where to go on, if it goes on."""
    return _page(Conversation.objects.owned_by(owner_id).filter(archived=True).latest_first(), behind)


def titled_page(
    owner_id: int, words: str, *, behind: Mark | None = None
) -> tuple[list[Conversation], Mark | None]:
    """A page of the owner's conversations with these words in their titles, put away or not."""
    return _page(Conversation.objects.owned_by(owner_id).titled(words).latest_first(), behind)


def matching_page(
    owner_id: int,
    *,
    pinned: bool | None = None,
    archived: bool | None = None,
    words: str = "",
    behind: Mark | None = None,
    size: int = PAGE,
) -> tuple[list[Conversation], Mark | None]:
    """A page of the owner's conversations that are so, latest first; and where to go on, if it goes on."""
    flags = {"pinned": pinned, "archived": archived}
    wanted = {name: flag for name, flag in flags.items() if flag is not None}
    rows = Conversation.objects.owned_by(owner_id).filter(**wanted).titled(words).latest_first()
    found = list((rows.behind(behind) if behind else rows)[: size + 1])
    last = found[size - 1] if len(found) > size else None
    return found[:size], Mark(last.updated_at, last.pk) if last else None


def listed_changes(owner_id: int, *, since: int) -> tuple[int, list[Conversation]]:
    """The account's rev, and the conversations begun, renamed, moved or deleted after `since`, newest first.

    At most a page and one: whoever gets that many should read the list anew.
    """
    rev = account_rev(owner_id)
    return rev, Conversation.objects.listed_after(owner_id, since, most=PAGE + 1)


def _page(rows: ConversationQuerySet, behind: Mark | None) -> tuple[list[Conversation], Mark | None]:
    found = list((rows.behind(behind) if behind else rows).with_running()[: PAGE + 1])
    page = found[:PAGE]
    more = Mark(page[-1].updated_at, page[-1].pk) if len(found) > PAGE else None
    return page, more


def _stretch(conversation: Conversation, ids: list[UUID]) -> Window:
    """These messages of the shown path, and its end if that is none of them."""
    ending = _ending(conversation, ids)
    tails = _tails(message_id__in=[*ids, *ending])
    rows = _with_tails(Message.objects.filter(pk__in=[*ids, *ending]).order_by("depth"), tails)
    messages = [message for message in rows if message.pk not in ending]
    last = [message for message in rows if message.pk in ending]
    return Window(
        messages,
        has_older=bool(messages and messages[0].parent_id),
        last=last,
        has_newer=bool(messages and last and last[0].parent_id != messages[-1].pk),
    )


def _ending(conversation: Conversation, ids: list[UUID]) -> set[UUID]:
    if not ids or not conversation.head_id or conversation.head_id in ids:
        return set()
    return set(Message.objects.path_up(conversation.head_id, count=LAST, size=WINDOW_SIZE)) - set(ids)


def _path_between(conversation: Conversation, first: int, last: int) -> list[tuple[UUID, int]]:
    head_id = conversation.head_id
    return Message.objects.path_between(head_id, max(first, 0), last) if head_id else []


def _within(path: list[tuple[UUID, int]], size: int) -> list[UUID]:
    """As many of these as `size` code points hold, but one."""
    taken: list[UUID] = []
    for pk, length in path:
        size -= length
        if taken and size < 0:
            break
        taken.append(pk)
    return taken


def _path_up(leaf_id: UUID | None, most: int = WINDOW) -> list[UUID]:
    return Message.objects.path_up(leaf_id, count=most, size=WINDOW_SIZE) if leaf_id else []


def _tails(**where: object) -> dict[UUID, list[Chunk]]:
    tails = defaultdict(list)
    for chunk in Chunk.objects.filter(**where):
        tails[chunk.message_id].append(chunk)
    return tails


def _with_tails(rows: Iterable[Message], tails: dict[UUID, list[Chunk]]) -> list[Message]:
    messages = list(rows)
    for message in messages:
        message.tail = joined(tails.get(message.pk, ()), start=len(message.content))
    return messages


def joined(chunks: Iterable[Chunk], *, start: int) -> str:
    """The text that `chunks`, in order, hold from `start` on, up to the first gap."""
    text = ""
    for chunk in chunks:
        end = start + len(text)
        if chunk.start > end:
            break
        text += chunk.text[end - chunk.start :]
    return text


def _place(relative: Relative, family: list[Relative]) -> Alternatives:
    place = family.index(relative)
    return Alternatives(
        place=place + 1,
        total=len(family),
        previous=family[place - 1].id if place else None,
        next=family[place + 1].id if place + 1 < len(family) else None,
        after=relative.after,
    )
