import pytest
from django.db import transaction

from apps.chat.events import AccountChanged, ConversationChanged
from apps.chat.models import Conversation, Message, Role
from apps.chat.revisions import account_rev, changing
from apps.events import Event
from tests.factories import ConversationFactory, MessageFactory
from tests.support.threads import at_once

CHANGES = 12


class Thrown(Exception):
    pass


def _change(conversation: Conversation, *, listed: bool = False) -> None:
    with changing(conversation.pk, listed=listed) as changed:
        changed.messages.create(role=Role.USER, rev=changed.rev)


def _change_in_vain(conversation: Conversation) -> None:
    with changing(conversation.pk, listed=True) as changed:
        changed.title = "lost"
        MessageFactory(conversation=changed)
    raise Thrown


@pytest.mark.django_db
def test_a_change_takes_one_step() -> None:
    conversation = ConversationFactory(rev=4)

    _change(conversation)

    conversation.refresh_from_db()
    assert (conversation.rev, conversation.messages.get().rev) == (5, 5)
    assert (account_rev(conversation.owner_id), conversation.list_rev) == (0, 0)


@pytest.mark.django_db
def test_a_listed_change_moves_the_list_too() -> None:
    conversation = ConversationFactory(rev=4)
    other = ConversationFactory(owner=conversation.owner)

    _change(other, listed=True)
    _change(conversation, listed=True)

    conversation.refresh_from_db()
    assert (conversation.rev, conversation.list_rev) == (5, 2)
    assert account_rev(conversation.owner_id) == 2


@pytest.mark.django_db(transaction=True)
def test_a_change_is_told_only_after_its_commit(told: list[Event]) -> None:
    conversation = ConversationFactory()

    with transaction.atomic():
        _change(conversation, listed=True)
        assert told == []

    assert told == [
        ConversationChanged(conversation_id=conversation.pk, rev=1),
        AccountChanged(owner_id=conversation.owner_id, rev=1),
    ]


@pytest.mark.django_db(transaction=True)
def test_an_unlisted_change_is_told_to_the_conversation_alone(told: list[Event]) -> None:
    conversation = ConversationFactory()

    _change(conversation)

    assert told == [ConversationChanged(conversation_id=conversation.pk, rev=1)]


@pytest.mark.django_db(transaction=True)
def test_a_change_that_fails_moves_nothing_and_tells_nothing(told: list[Event]) -> None:
    conversation = ConversationFactory()

    with pytest.raises(Thrown), transaction.atomic():
        _change_in_vain(conversation)

    conversation.refresh_from_db()
    assert (conversation.rev, conversation.title, conversation.list_rev) == (0, "", 0)
    assert account_rev(conversation.owner_id) == 0
    assert not conversation.messages.exists()
    assert told == []


@pytest.mark.django_db
@pytest.mark.parametrize("listed", [False, True])
def test_what_is_absent_cannot_change(listed: bool) -> None:
    absent = ConversationFactory.build()

    with pytest.raises(Conversation.DoesNotExist), changing(absent.pk, listed=listed):
        pass


@pytest.mark.django_db(transaction=True)
def test_revs_of_two_writers_have_no_gap_and_no_double() -> None:
    conversation = ConversationFactory()

    def change_often() -> None:
        for _ in range(CHANGES):
            _change(conversation, listed=True)

    at_once(change_often, change_often)

    revs = conversation.messages.order_by("rev").values_list("rev", flat=True)
    assert list(revs) == list(range(1, 2 * CHANGES + 1))
    assert account_rev(conversation.owner_id) == 2 * CHANGES


@pytest.mark.django_db(transaction=True)
def test_whoever_reads_a_rev_can_read_all_that_led_to_it() -> None:
    conversation = ConversationFactory()
    seen: list[tuple[int, list[int]]] = []

    written: list[int] = []

    def change_often() -> None:
        for _ in range(CHANGES):
            _change(conversation)
        written.append(CHANGES)

    def look() -> None:
        while not seen or len(written) < 2:
            rev = Conversation.objects.get(pk=conversation.pk).rev
            rows = Message.objects.filter(conversation=conversation, rev__lte=rev)
            seen.append((rev, sorted(rows.values_list("rev", flat=True))))

    at_once(change_often, change_often, look)

    assert all(revs == list(range(1, rev + 1)) for rev, revs in seen)


@pytest.mark.django_db(transaction=True)
def test_lists_of_one_owner_are_counted_across_conversations() -> None:
    first = ConversationFactory()
    second = ConversationFactory(owner=first.owner)

    at_once(*[lambda row=row: [_change(row, listed=True) for _ in range(CHANGES)] for row in (first, second)])

    assert account_rev(first.owner_id) == 2 * CHANGES
    newest = Conversation.objects.order_by("-list_rev").first()
    assert newest is not None
    assert newest.list_rev == 2 * CHANGES
