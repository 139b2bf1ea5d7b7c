import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.chat import reading
from apps.chat.actions import choose, delete, edit, regenerate, rename, send_message
from apps.chat.models import Chunk, Conversation, Message, Role, Status
from tests.factories import ChunkFactory, ConversationFactory, MessageFactory, ReplyFactory

pytestmark = pytest.mark.django_db


def long_path(conversation: Conversation, count: int, content: str = "word") -> list[Message]:
    """Question and reply in turn, each below the one before; the last is the head."""
    parent, messages = None, []
    for depth in range(count):
        role = Role.ASSISTANT if depth % 2 else Role.USER
        parent = Message(
            conversation=conversation, parent=parent, depth=depth, role=role, content=content, rev=depth
        )
        messages.append(parent)
    Message.objects.bulk_create(messages)
    conversation.head, conversation.rev = parent, count
    conversation.save()
    return messages


def queries(read: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        read()
    return len(captured)


class TestWindows:
    def test_an_empty_conversation_shows_nothing(self, conversation: Conversation) -> None:
        assert reading.newest_window(conversation) == reading.Window([], has_older=False)

    def test_a_window_ends_at_the_head(self, conversation: Conversation) -> None:
        path = long_path(conversation, reading.WINDOW + 3)

        window = reading.newest_window(conversation)

        assert window.messages == path[3:]
        assert window.has_older

    def test_windows_upwards_meet_without_gap_or_overlap(self, conversation: Conversation) -> None:
        path = long_path(conversation, 2 * reading.WINDOW + 7)
        window = reading.newest_window(conversation)
        read = window.messages

        while window.has_older:
            window = reading.window_above(conversation, read[0])
            read = [*window.messages, *read]

        assert read == path

    def test_windows_downwards_meet_without_gap_or_overlap(self, conversation: Conversation) -> None:
        path = long_path(conversation, 2 * reading.WINDOW + 7)
        read = path[:3]

        while window := reading.window_below(conversation, read[-1]):
            read += window.messages
            if not window.has_newer:
                break

        assert read == path
        assert reading.window_below(conversation, path[-1]).messages == []

    def test_a_window_around_a_message_has_it_in_its_middle_and_the_end_behind_it(
        self, conversation: Conversation
    ) -> None:
        path = long_path(conversation, 200)
        reach = reading.WINDOW // 2

        window = reading.window_around(conversation, path[100])

        assert window == reading.Window(
            path[100 - reach : 101 + reach], has_older=True, last=path[-reading.LAST :], has_newer=True
        )

    @pytest.mark.parametrize("place", [0, 1, 58, 59])
    def test_a_window_around_what_is_near_an_end_reaches_it(
        self, conversation: Conversation, place: int
    ) -> None:
        path = long_path(conversation, 60)

        window = reading.window_around(conversation, path[place])

        assert path[place] in window.messages
        assert (window.has_older, window.has_newer) == (place > 30, place < 30)

    def test_windows_downwards_and_around_end_early_behind_much_text(
        self, conversation: Conversation
    ) -> None:
        path = long_path(conversation, 30, content="x" * (reading.WINDOW_SIZE // 4))

        assert reading.window_below(conversation, path[9]).messages == path[10:14]
        assert reading.window_around(conversation, path[9]).messages == path[7:11]

    def test_a_message_of_another_branch_has_no_window_on_the_shown_path(self, question: Message) -> None:
        hidden = ReplyFactory(parent=question)
        shown = ReplyFactory(parent=question).conversation

        assert reading.window_around(shown, hidden) is None
        assert reading.window_below(shown, hidden) is None

    def test_a_path_that_fits_has_nothing_above_it(self, conversation: Conversation) -> None:
        long_path(conversation, reading.WINDOW)

        assert not reading.newest_window(conversation).has_older

    def test_other_branches_are_not_shown(self, question: Message) -> None:
        ReplyFactory(parent=question)
        shown = ReplyFactory(parent=question)

        assert reading.newest_window(shown.conversation).messages == [question, shown]

    def test_a_window_ends_early_behind_much_text(self, conversation: Conversation) -> None:
        path = long_path(conversation, 9, content="x" * (reading.WINDOW_SIZE // 3))

        window = reading.newest_window(conversation)

        assert window.messages == path[-4:]
        assert window.has_older

    def test_a_message_larger_than_a_window_is_still_shown(self, conversation: Conversation) -> None:
        path = long_path(conversation, 2, content="x" * (reading.WINDOW_SIZE + 1))

        assert reading.newest_window(conversation).messages == path[-1:]


class TestTails:
    def test_a_running_reply_is_shown_as_far_as_it_is_stored(self) -> None:
        running = ReplyFactory(streaming=True, content="Be")
        ChunkFactory(message=running, start=2, text="cau")
        ChunkFactory(message=running, start=5, text="se")

        assert reading.newest_window(running.conversation).messages[-1].text == "Because"
        assert reading.whole_text(running) == "Because"

    @pytest.mark.parametrize(
        ("content", "chunks", "shown"),
        [
            ("", [(0, "Be"), (2, "cause")], "Because"),
            ("Becau", [(0, "Be"), (2, "cause")], "Because"),
            ("Because", [(0, "Be"), (2, "cause")], "Because"),
            ("Because", [(0, "Be")], "Because"),
            ("Be", [(2, "cause"), (9, "lost")], "Because"),
            ("Be", [(3, "ause")], "Be"),
            ("😀", [(1, "é"), (2, "😀")], "😀é😀"),
        ],
    )
    def test_chunks_go_on_where_the_content_ends(
        self, content: str, chunks: list[tuple[int, str]], shown: str
    ) -> None:
        running = ReplyFactory(streaming=True, content=content)
        for start, text in chunks:
            ChunkFactory(message=running, start=start, text=text)

        assert reading.whole_text(running) == shown

    @pytest.mark.parametrize(
        "read",
        [
            lambda reply: reading.newest_window(reply.conversation).messages[-1].text,
            lambda reply: reading.changes(reply.conversation_id, since=-1).messages[-1].text,
            reading.whole_text,
        ],
    )
    def test_text_sealed_while_it_is_read_is_neither_lost_nor_doubled(
        self, read: Callable[[Message], str]
    ) -> None:
        running = ReplyFactory(streaming=True, content="Be")
        ChunkFactory(message=running, start=2, text="cause")

        with connection.execute_wrapper(_sealing_after_chunks(running)):
            assert read(running) == "Because"

        assert not running.chunks.exists()


def _sealing_after_chunks(running: Message) -> Callable[..., Any]:
    """Fold the reply as soon as its rows are asked for once its chunks have been."""
    seen = {"chunks": False, "sealed": False}

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if seen["chunks"] and not seen["sealed"] and "FROM chat_message" in sql.replace('"', ""):
            seen["sealed"] = True
            Chunk.objects.fold(running.pk)
        result = execute(sql, params, many, context)
        seen["chunks"] = seen["chunks"] or "chat_chunk" in sql
        return result

    return wrapper


class TestChanges:
    def test_what_is_older_and_at_rest_is_left_out(self, conversation: Conversation) -> None:
        path = long_path(conversation, 6)

        changes = reading.changes(conversation.pk, since=3)

        assert changes.messages == path[4:]
        assert changes.shown == {message.pk for message in path}
        assert (changes.conversation.rev, changes.complete) == (6, True)

    def test_what_is_running_is_always_told(self, question: Message) -> None:
        running = ReplyFactory(parent=question, streaming=True)
        ChunkFactory(message=running, text="Be")

        changes = reading.changes(question.conversation_id, since=10)

        assert [(message.pk, message.text) for message in changes.messages] == [(running.pk, "Be")]

    def test_too_many_changes_are_not_all_told(self, conversation: Conversation) -> None:
        long_path(conversation, reading.MOST_CHANGES + 2)

        changes = reading.changes(conversation.pk, since=-1)

        assert not changes.complete
        assert len(changes.messages) == reading.MOST_CHANGES + 1

    def test_what_is_deleted_or_absent_has_no_changes(self, owner: User, conversation: Conversation) -> None:
        delete(owner, conversation.pk)

        for pk in (conversation.pk, uuid.uuid4()):
            with pytest.raises(Conversation.DoesNotExist):
                reading.changes(pk, since=0)


class TestAlternatives:
    def test_siblings_know_their_place(self, question: Message) -> None:
        first, second, third = (ReplyFactory(parent=question) for _ in range(3))

        places = reading.alternatives([second])

        assert places[second.pk] == reading.Alternatives(2, 3, first.pk, third.pk)
        assert (places[first.pk].previous, places[third.pk].next) == (None, None)

    def test_first_questions_are_siblings_in_their_conversation_alone(self, question: Message) -> None:
        other = MessageFactory(conversation=question.conversation)
        MessageFactory()

        assert reading.alternatives([other])[other.pk] == reading.Alternatives(2, 2, question.pk, None)

    def test_they_know_what_they_came_after(self, question: Message, reply: Message) -> None:
        places = reading.alternatives([question, reply])

        assert (places[question.pk].after, places[reply.pk].after) == (None, question.created_at)

    def test_an_only_child_and_an_only_first_message_have_none(
        self, question: Message, reply: Message
    ) -> None:
        places = reading.alternatives([question, reply])

        assert [places[row.pk].total for row in (question, reply)] == [1, 1]

    def test_they_are_read_at_once_for_all(self, conversation: Conversation) -> None:
        path = long_path(conversation, 40)

        assert queries(lambda: reading.alternatives(path)) == 1


def costs_of(conversation: Conversation, path: list[Message]) -> list[int]:
    user, pk = conversation.owner, conversation.pk
    reads: list[Callable[[], Any]] = [
        lambda: reading.newest_window(conversation),
        lambda: reading.window_above(conversation, path[-1]),
        lambda: reading.window_below(conversation, path[5]),
        lambda: reading.window_around(conversation, path[5]),
        lambda: reading.changes(pk, since=conversation.rev - 2),
        lambda: reading.conversation_page(user.pk),
        lambda: reading.listed_changes(user.pk, since=0),
        lambda: choose(user, pk, path[0].pk),
        lambda: regenerate(user, pk, path[1].pk, key="key-of-a-reply"),
        lambda: edit(user, pk, path[0].pk, key="key-of-an-edit", text="How?"),
        lambda: send_message(user, pk, key="key-of-one", text="Why?", model_name="demo"),
    ]
    return [queries(read) for read in reads]


class TestHistory:
    def test_a_long_history_costs_no_further_query(self) -> None:
        short, long = ConversationFactory(), ConversationFactory()
        path_of = {short: long_path(short, 60), long: long_path(long, 5_000)}

        costs = [costs_of(conversation, path) for conversation, path in path_of.items()]

        assert costs[0] == costs[1]

    def test_a_window_of_a_long_history_is_no_larger(self, conversation: Conversation) -> None:
        path = long_path(conversation, 5_000)

        assert reading.newest_window(conversation).messages == path[-reading.WINDOW :]
        assert len(reading.changes(conversation.pk, since=4_990).shown) == reading.WINDOW


class TestList:
    def test_pages_go_on_where_the_last_one_ended(self, owner: User) -> None:
        now = timezone.now()
        rows = ConversationFactory.create_batch(2 * reading.PAGE + 5, owner=owner, updated_at=now)
        Conversation.objects.filter(pk__in=[row.pk for row in rows[::3]]).update(pinned=True)
        read, mark = reading.conversation_page(owner.pk)

        while mark:
            page, mark = reading.conversation_page(owner.pk, behind=mark)
            read = [*read, *page]

        assert [row.pinned for row in read] == sorted((row.pinned for row in read), reverse=True)
        assert len(read) == len(rows)
        assert set(read) == set(rows)

    def test_a_page_is_newest_first(self, owner: User) -> None:
        old, new = ConversationFactory(owner=owner), ConversationFactory(owner=owner)

        assert reading.conversation_page(owner.pk) == ([new, old], None)

    def test_what_moves_up_meanwhile_is_not_met_twice(self, owner: User) -> None:
        ConversationFactory.create_batch(reading.PAGE + 2, owner=owner)
        first, mark = reading.conversation_page(owner.pk)
        Conversation.objects.filter(pk__in=[first[3].pk, first[-1].pk]).update(updated_at=timezone.now())
        ConversationFactory(owner=owner)

        second, more = reading.conversation_page(owner.pk, behind=mark)

        assert more is None
        assert len(second) == 2
        assert not set(first) & set(second)

    def test_a_page_holds_neither_strangers_nor_deleted_conversations(
        self, owner: User, stranger: User, conversation: Conversation
    ) -> None:
        delete(owner, conversation.pk)
        ConversationFactory(owner=stranger)

        assert reading.conversation_page(owner.pk) == ([], None)

    @pytest.mark.parametrize("status", [Status.QUEUED, Status.STREAMING, Status.COMPLETE])
    def test_it_shows_where_a_reply_is_written(self, question: Message, status: Status) -> None:
        ReplyFactory(parent=question, status=status)

        (shown,), _ = reading.conversation_page(question.conversation.owner_id)

        assert shown.running is (status != Status.COMPLETE)

    def test_listed_changes_name_what_began_moved_or_went(self, owner: User) -> None:
        kept, renamed, deleted = ConversationFactory.create_batch(3, owner=owner)
        rename(owner, kept.pk, title="before")
        rename(owner, renamed.pk, title="after")
        delete(owner, deleted.pk)

        rev, changed = reading.listed_changes(owner.pk, since=1)

        assert rev == 3
        assert {row.pk for row in changed} == {renamed.pk, deleted.pk}

    def test_listed_changes_are_the_owners_alone(self, owner: User, stranger: User) -> None:
        rename(owner, ConversationFactory(owner=owner).pk, title="mine")

        assert reading.listed_changes(stranger.pk, since=0) == (0, [])

    def test_more_changes_than_a_page_can_be_told_from_a_page(self, owner: User) -> None:
        ConversationFactory.create_batch(reading.PAGE + 5, owner=owner, list_rev=7)

        _, changed = reading.listed_changes(owner.pk, since=6)

        assert len(changed) == reading.PAGE + 1


def test_a_page_of_a_short_path_starts_at_its_first_message(question: Message) -> None:
    last = MessageFactory(parent=ReplyFactory(parent=question))

    window = reading.window_above(last.conversation, last)

    assert window == reading.Window([question, last.parent], has_older=False, last=[last])
