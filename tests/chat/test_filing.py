import uuid
from collections.abc import Callable
from uuid import UUID

import pytest

from apps.accounts.models import User
from apps.chat import actions, filing, reading
from apps.chat.events import AccountChanged, ConversationChanged, ReplyQueued
from apps.chat.models import Conversation, Message
from apps.chat.querysets import ConversationQuerySet
from apps.events import Event
from tests.chat.test_reading import queries
from tests.factories import ConversationFactory, ReplyFactory

pytestmark = pytest.mark.django_db

FILING = (filing.pin, filing.unpin, filing.archive, filing.unarchive, filing.restore)


def titles(rows: list[Conversation]) -> list[str]:
    return [row.title for row in rows]


def listed(owner: User) -> list[str]:
    return titles(reading.conversation_page(owner.pk)[0])


def put_away(owner: User) -> list[str]:
    return titles(reading.archive_page(owner.pk)[0])


@pytest.fixture
def three(owner: User) -> list[Conversation]:
    return [ConversationFactory(owner=owner, title=title) for title in ("One", "Two", "Three")]


@pytest.mark.parametrize("action", FILING)
class TestEveryAction:
    def test_it_is_told_to_the_conversation_and_the_list(
        self,
        owner: User,
        conversation: Conversation,
        told: list[Event],
        action: Callable[[User, UUID], None],
        django_capture_on_commit_callbacks: Callable[..., object],
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            action(owner, conversation.pk)

        changed = ConversationChanged(conversation_id=conversation.pk, rev=1)
        assert told == [changed, AccountChanged(owner_id=owner.pk, rev=1)]

    def test_it_finds_only_what_is_the_users(
        self, stranger: User, conversation: Conversation, action: Callable[[User, UUID], None]
    ) -> None:
        for pk in (conversation.pk, uuid.uuid4()):
            with pytest.raises(Conversation.DoesNotExist):
                action(stranger, pk)

        assert Conversation.objects.get().rev == 0


class TestPinning:
    def test_what_is_pinned_stands_on_top_until_it_is_not(
        self, owner: User, three: list[Conversation]
    ) -> None:
        filing.pin(owner, three[0].pk)
        assert listed(owner) == ["One", "Three", "Two"]

        filing.unpin(owner, three[0].pk)
        assert listed(owner) == ["Three", "Two", "One"]

    def test_pinning_takes_it_back_from_the_archive(self, owner: User, three: list[Conversation]) -> None:
        filing.archive(owner, three[0].pk)

        filing.pin(owner, three[0].pk)

        assert (listed(owner), put_away(owner)) == (["One", "Three", "Two"], [])


class TestArchive:
    def test_what_is_archived_leaves_the_list_until_it_is_taken_back(
        self, owner: User, three: list[Conversation]
    ) -> None:
        filing.pin(owner, three[1].pk)
        filing.archive(owner, three[1].pk)
        assert (listed(owner), put_away(owner)) == (["Three", "One"], ["Two"])

        filing.unarchive(owner, three[1].pk)
        assert (listed(owner), put_away(owner)) == (["Three", "Two", "One"], [])

    def test_going_on_with_it_takes_it_back(self, owner: User, reply: Message) -> None:
        filing.archive(owner, reply.conversation_id)

        actions.send_message(owner, reply.conversation_id, key="key-of-one", text="And?", model_name="demo")

        assert put_away(owner) == []

    def test_it_is_the_owners_alone_and_holds_nothing_deleted(
        self, owner: User, stranger: User, three: list[Conversation]
    ) -> None:
        for conversation in three:
            filing.archive(owner, conversation.pk)
        actions.delete(owner, three[0].pk)

        assert put_away(owner) == ["Three", "Two"]
        assert put_away(stranger) == []


class TestRestoring:
    def test_a_deletion_is_taken_back_as_it_was(self, owner: User, reply: Message) -> None:
        filing.pin(owner, reply.conversation_id)
        actions.delete(owner, reply.conversation_id)

        filing.restore(owner, reply.conversation_id)

        (conversation,), _ = reading.conversation_page(owner.pk)
        assert (conversation.pinned, conversation.head) == (True, reply)

    def test_replies_that_had_to_wait_are_written(
        self,
        owner: User,
        question: Message,
        told: list[Event],
        django_capture_on_commit_callbacks: Callable[..., object],
    ) -> None:
        waiting = ReplyFactory(parent=question, queued=True)
        actions.delete(owner, question.conversation_id)
        assert not Message.objects.claimable().exists()

        with django_capture_on_commit_callbacks(execute=True):
            filing.restore(owner, question.conversation_id)

        assert Message.objects.claimable().get() == waiting
        assert ReplyQueued(message_id=waiting.pk) in told


class TestSeeing:
    @pytest.fixture
    def answered(self, owner: User) -> Conversation:
        return ConversationFactory(owner=owner, rev=5, answered_rev=4, seen_rev=2)

    @pytest.mark.parametrize(("rev", "unread"), [(3, True), (4, False), (5, False), (2**63 - 1, False)])
    def test_an_answer_is_unread_until_its_end_was_seen(
        self, owner: User, answered: Conversation, rev: int, unread: bool
    ) -> None:
        filing.see(owner, answered.pk, rev=rev)

        assert Conversation.objects.get().unread is unread

    def test_an_answer_that_ends_later_is_unread_again(self, owner: User, answered: Conversation) -> None:
        filing.see(owner, answered.pk, rev=2**63 - 1)

        now = Conversation.objects.get()
        assert now.seen_rev < now.rev + 1

    def test_looking_twice_changes_nothing_more(self, owner: User, answered: Conversation) -> None:
        filing.see(owner, answered.pk, rev=5)

        assert queries(lambda: filing.see(owner, answered.pk, rev=5)) == 1
        assert Conversation.objects.get().rev == 6

    def test_it_finds_only_what_is_the_users(self, stranger: User, answered: Conversation) -> None:
        with pytest.raises(Conversation.DoesNotExist):
            filing.see(stranger, answered.pk, rev=5)

    def test_whoever_writes_has_seen_what_is_there(self, owner: User, reply: Message) -> None:
        Conversation.objects.update(answered_rev=1, rev=1)

        actions.send_message(owner, reply.conversation_id, key="key-of-one", text="And?", model_name="demo")

        assert not Conversation.objects.get().unread


class TestTitles:
    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("ärger", ["Ärger im Büro"]),
            ("BÜRO ärg", ["Ärger im Büro"]),
            ("100%", ["100% (a_b)"]),
            ("(a_B)", ["100% (a_b)"]),
            (".*", []),
            ("büro nichts", []),
        ],
    )
    def test_every_word_is_looked_for_in_any_case_and_order(
        self, owner: User, words: str, found: list[str]
    ) -> None:
        for title in ("Ärger im Büro", "100% (a_b)", "One"):
            ConversationFactory(owner=owner, title=title)

        assert titles(reading.titled_page(owner.pk, words)[0]) == found

    def test_what_is_put_away_is_found_and_what_is_not_the_users_is_not(
        self, owner: User, stranger: User, three: list[Conversation]
    ) -> None:
        filing.archive(owner, three[0].pk)
        filing.pin(owner, three[1].pk)
        actions.delete(owner, three[2].pk)
        ConversationFactory(owner=stranger, title="One")

        assert titles(reading.titled_page(owner.pk, "o")[0]) == ["Two", "One"]

    def test_pages_go_on_where_the_last_one_ended(self, owner: User) -> None:
        ConversationFactory.create_batch(reading.PAGE + 3, owner=owner, title="One")

        first, mark = reading.titled_page(owner.pk, "one")
        second, end = reading.titled_page(owner.pk, "one", behind=mark)

        assert (len({*first, *second}), end) == (reading.PAGE + 3, None)


@pytest.mark.embedded_only
@pytest.mark.parametrize(
    ("index", "rows"),
    [
        ("conversation_listed", Conversation.objects.owned_by(1).listed()),
        ("conversation_archive", Conversation.objects.owned_by(1).filter(archived=True).latest_first()),
    ],
)
def test_a_page_is_read_in_the_order_of_an_index(index: str, rows: ConversationQuerySet) -> None:
    plan = rows[: reading.PAGE].explain()

    assert index in plan
    assert "B-TREE" not in plan  # what sorts
