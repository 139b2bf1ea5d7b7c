from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.chat.text import TextRejected
from apps.oversight import audit
from apps.oversight.audit import READING_LASTS, Actor
from apps.oversight.models import MAX_WORDS, AuditEntry, What, Written
from tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return ConversationFactory(owner=owner, title="The sky")


@pytest.fixture
def actor(staff: User) -> Actor:
    return Actor(staff, address="192.0.2.7", user_agent="Browser")


@pytest.fixture
def entry(actor: Actor, conversation: Conversation) -> AuditEntry:
    return audit.begin_reading(actor, conversation, "because")


def test_a_reading_says_who_whose_which_when_why_and_from_where(
    entry: AuditEntry, staff: User, owner: User, conversation: Conversation
) -> None:
    stored = AuditEntry.objects.get()

    assert stored.what == What.OPENED
    assert (stored.staff_id, stored.staff_email) == (staff.pk, "staff@example.org")
    assert (stored.owner_id, stored.owner_email) == (owner.pk, "owner@example.org")
    assert (stored.conversation_id, stored.reason) == (conversation.pk, "because")
    assert (stored.address, stored.user_agent) == ("192.0.2.7", "Browser")
    assert timezone.now() - stored.at < timedelta(minutes=5)


def test_an_entry_outlives_everything_that_it_names(
    entry: AuditEntry, staff: User, owner: User, conversation: Conversation
) -> None:
    owner.delete()
    staff.delete()

    assert not Conversation.objects.exists()
    assert AuditEntry.objects.get().staff_email == "staff@example.org"


CHANGES: dict[str, Any] = {
    "saved": lambda entry: entry.save(),
    "deleted": lambda entry: entry.delete(),
    "updated": lambda entry: AuditEntry.objects.update(reason="another"),
    "deleted with others": lambda entry: AuditEntry.objects.all().delete(),
    "deleted raw": lambda entry: AuditEntry.objects.all()._raw_delete("default"),
    "updated in bulk": lambda entry: AuditEntry.objects.bulk_update([entry], ["reason"]),
    "updated or created": lambda entry: AuditEntry.objects.update_or_create({"reason": ""}, pk=entry.pk),
    "updated by base manager": lambda entry: AuditEntry._base_manager.update(reason="another"),
    "deleted by base manager": lambda entry: AuditEntry._base_manager.all().delete(),
    "put in its place in bulk": lambda entry: AuditEntry.objects.bulk_create(
        [entry], update_conflicts=True, unique_fields=["id"], update_fields=["reason"]
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_entry_is_never_changed_or_deleted(entry: AuditEntry, name: str) -> None:
    entry.reason = "another"

    with pytest.raises(Written):
        CHANGES[name](entry)

    assert AuditEntry.objects.get().reason == "because"


def test_nothing_takes_the_place_of_an_entry(entry: AuditEntry) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry(pk=entry.pk, what=What.OPENED, staff_id=1, reason="another").save()

    assert AuditEntry.objects.get().reason == "because"


@pytest.mark.parametrize("reason", ["", "  \n", "\u200b", None, "x" * (audit.MAX_REASON + 1)])
def test_a_reading_needs_a_reason_that_can_be_read(
    actor: Actor, conversation: Conversation, reason: object
) -> None:
    with pytest.raises(TextRejected):
        audit.begin_reading(actor, conversation, reason)

    assert not AuditEntry.objects.exists()


def test_a_reading_lasts_for_its_conversation_and_its_reader_alone(
    entry: AuditEntry, staff: User, stranger: User, conversation: Conversation
) -> None:
    assert audit.reading_of(staff, conversation.pk) == entry
    assert audit.reading_of(stranger, conversation.pk) is None
    assert audit.reading_of(staff, ConversationFactory().pk) is None


def test_a_reading_ends_after_a_day(
    entry: AuditEntry, staff: User, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = timezone.now() + READING_LASTS + timedelta(minutes=5)
    monkeypatch.setattr(timezone, "now", lambda: later)

    assert audit.reading_of(staff, conversation.pk) is None


def test_titles_are_noted_once_for_a_reading(actor: Actor, conversation: Conversation) -> None:
    other, untitled = ConversationFactory(title="The sea"), ConversationFactory()

    audit.note_titles(actor, [conversation])
    audit.note_titles(actor, [conversation, other, untitled])

    noted = AuditEntry.objects.filter(what=What.TITLED).values_list("conversation_id", flat=True)
    assert sorted(noted) == sorted([conversation.pk, other.pk])


def test_a_title_is_no_news_within_a_reading(
    entry: AuditEntry, actor: Actor, conversation: Conversation
) -> None:
    audit.note_titles(actor, [conversation])

    assert AuditEntry.objects.get() == entry


def test_what_a_search_finds_is_noted_though_its_title_was_seen(
    actor: Actor, conversation: Conversation
) -> None:
    audit.note_titles(actor, [conversation])

    audit.note_titles(actor, [conversation], found_by="sky\0")

    assert AuditEntry.objects.get(what=What.FOUND).words == "sky"


def test_a_search_is_noted_with_its_words_once_for_a_reading(actor: Actor) -> None:
    for words in ("sky", "sky", "sea"):
        audit.note_search(actor, words)

    assert sorted(AuditEntry.objects.values_list("words", flat=True)) == ["sea", "sky"]


def test_every_words_that_find_a_conversation_are_noted_though_it_has_been_read(
    entry: AuditEntry, actor: Actor, conversation: Conversation
) -> None:
    for words in ("sky", "sea", "sky"):
        audit.note_titles(actor, [conversation], found_by=words)

    noted = AuditEntry.objects.filter(what=What.FOUND, conversation_id=conversation.pk)
    assert sorted(noted.values_list("words", flat=True)) == ["sea", "sky"]


def test_long_words_that_find_a_conversation_are_noted_once(actor: Actor, conversation: Conversation) -> None:
    for _ in range(2):
        audit.note_titles(actor, [conversation], found_by="\0" + "x" * (MAX_WORDS + 1))

    assert AuditEntry.objects.get().words == "x" * MAX_WORDS


def test_a_search_of_what_one_owner_wrote_is_noted_as_theirs(
    actor: Actor, owner: User, stranger: User
) -> None:
    for whose in (None, owner, stranger, owner):
        audit.note_search(actor, "sky", owner=whose)

    noted = AuditEntry.objects.order_by("id").values_list("owner_id", "owner_email")
    assert list(noted) == [(None, ""), (owner.pk, owner.email), (stranger.pk, stranger.email)]
