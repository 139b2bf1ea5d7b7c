import uuid
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from apps.accounts.models import User
from apps.chat import actions, drafts
from apps.chat.asking import NotPossible
from apps.chat.drafts import Fate, Saved
from apps.chat.events import DraftsChanged
from apps.chat.models import Account, Conversation, Draft, Message
from apps.events import Event
from tests.factories import ReplyFactory
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db
MINE, YOURS, OURS = (uuid.UUID(int=number) for number in range(3))


@pytest.fixture
def place(owner: User, conversation: Conversation) -> Conversation:
    return conversation


def save(place: Conversation, draft_id: UUID, text: str, version: int = 1, **values: Any) -> Saved:
    return drafts.save(place.owner, place.pk, draft_id=draft_id, version=version, text=text, **values)


def shown(place: Conversation) -> list[str]:
    return [draft.text for draft in drafts.open_in(place.owner_id, place.pk)]


def send(place: Conversation, draft_id: UUID | None, *, key: str = "key-of-one") -> None:
    actions.send_message(place.owner, place.pk, key=key, text="Why?", model_name="demo", draft_id=draft_id)


class TestSaving:
    def test_the_newest_version_counts_however_they_arrive(self, place: Conversation) -> None:
        for version in (2, 1, 4, 3, 4):
            save(place, MINE, f"version {version}", version)

        assert shown(place) == ["version 4"]

    def test_every_place_has_its_own(self, place: Conversation, owner: User) -> None:
        save(place, MINE, "here")
        save(place, YOURS, "for a new one", new=True)

        assert shown(place) == ["here"]
        assert [draft.text for draft in drafts.open_in(owner.pk, None)] == ["for a new one"]

    def test_what_is_emptied_is_no_more(self, place: Conversation) -> None:
        save(place, MINE, "here")
        save(place, MINE, "", 2)

        assert shown(place) == []

    def test_one_that_replaces_what_it_was_shown_takes_its_place(self, place: Conversation) -> None:
        save(place, MINE, "on the laptop", 3)

        save(place, YOURS, "on the laptop, and the phone", replaces=MINE, replaced_version=3)

        assert shown(place) == ["on the laptop, and the phone"]

    def test_one_that_was_written_on_meanwhile_is_kept_beside_it(self, place: Conversation) -> None:
        save(place, MINE, "on the laptop, later", 4)

        save(place, YOURS, "on the phone", replaces=MINE, replaced_version=3)

        assert shown(place) == ["on the phone", "on the laptop, later"]

    def test_what_is_replaced_before_it_arrives_stays_away(self, place: Conversation) -> None:
        save(place, YOURS, "later", replaces=MINE, replaced_version=2)

        fates = [save(place, MINE, "text", version).fate for version in (1, 2, 3)]

        assert (fates, shown(place)) == ([Fate.OVER, Fate.OVER, Fate.NEWS], ["later"])

    def test_there_are_not_so_many_in_one_place(
        self, place: Conversation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(drafts, "MOST_OPEN", 2)
        save(place, MINE, "one")
        save(place, YOURS, "two")

        with pytest.raises(NotPossible):
            save(place, OURS, "three")
        save(place, YOURS, "another two", 2)

        assert shown(place) == ["another two", "one"]

    def test_one_that_is_thrown_away_is_gone_unless_it_changed(self, place: Conversation) -> None:
        save(place, MINE, "mine", 2)
        save(place, YOURS, "yours", 2)

        drafts.discard(place.owner, place.pk, draft_id=MINE, version=2)
        drafts.discard(place.owner, place.pk, draft_id=YOURS, version=1)

        assert shown(place) == ["yours"]

    def test_each_change_has_a_revision_of_its_own(
        self, place: Conversation, told: list[Event], django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            save(place, MINE, "one")
            save(place, MINE, "two", 2)

        assert told == [DraftsChanged(owner_id=place.owner_id, rev=rev) for rev in (1, 2)]
        assert (Account.objects.get().draft_rev, Account.objects.get().rev) == (2, 0)
        assert Conversation.objects.get().rev == 0

    def test_traces_are_kept_for_a_while(self, place: Conversation) -> None:
        for draft_id in (MINE, YOURS):
            save(place, draft_id, "text")
        drafts.discard(place.owner, place.pk, draft_id=MINE, version=1)
        Draft.objects.update(updated_at="2020-01-01T00:00Z")
        save(place, OURS, "")

        drafts.forget()

        assert set(Draft.objects.values_list("pk", flat=True)) == {YOURS, OURS}


class TestOwning:
    def test_a_strangers_conversation_is_absent(self, place: Conversation, stranger: User) -> None:
        with pytest.raises(Conversation.DoesNotExist):
            drafts.save(stranger, place.pk, draft_id=MINE, version=1, text="mine")

    def test_a_strangers_draft_cannot_be_touched(self, place: Conversation, stranger: User) -> None:
        save(place, MINE, "mine")
        other = ReplyFactory(parent__conversation__owner=stranger).conversation

        save(other, MINE, "taken", 2)
        save(other, YOURS, "yours", replaces=MINE, replaced_version=9)
        drafts.discard(stranger, other.pk, draft_id=MINE, version=9)
        send(other, MINE)

        assert (shown(place), shown(other)) == (["mine"], ["yours"])


class TestSending:
    def test_what_is_sent_is_no_draft_any_more(self, place: Conversation) -> None:
        save(place, MINE, "Why?")

        send(place, MINE)

        assert shown(place) == []
        assert save(place, MINE, "Why?", 1).fate == Fate.OVER

    def test_what_is_sent_before_it_is_saved_stays_away(self, place: Conversation) -> None:
        send(place, MINE)

        assert save(place, MINE, "Why?").fate == Fate.OVER
        assert shown(place) == []

    def test_what_waits_in_the_queue_is_no_draft_any_more(self, place: Conversation) -> None:
        send(place, None)
        save(place, MINE, "And?")

        send(place, MINE, key="key-of-two")

        assert shown(place) == []

    def test_what_is_refused_stays_a_draft(self, place: Conversation, question: Message) -> None:
        save(place, MINE, "Why?")

        with pytest.raises(actions.Stale):
            actions.send_message(
                place.owner, place.pk, key="key-of-one", text="Why?", model_name="demo",
                after=uuid.uuid4(), draft_id=MINE,
            )  # fmt: skip

        assert shown(place) == ["Why?"]

    def test_another_draft_of_the_same_place_stays(self, place: Conversation) -> None:
        save(place, MINE, "mine")
        save(place, YOURS, "yours")

        send(place, MINE)

        assert shown(place) == ["yours"]

    def test_without_a_draft_nobody_asks_for_one(self, place: Conversation) -> None:
        send(place, None)

        assert (Draft.objects.count(), Account.objects.get().draft_rev) == (0, 0)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_that_replace_the_same_are_both_kept(self, place: Conversation) -> None:
        save(place, MINE, "mine")

        at_once(
            partial(save, place, YOURS, "yours", replaces=MINE, replaced_version=1),
            partial(save, place, OURS, "ours", replaces=MINE, replaced_version=1),
        )

        assert sorted(shown(place)) == ["ours", "yours"]

    def test_sent_and_saved_it_is_sent(self, place: Conversation) -> None:
        at_once(partial(send, place, MINE), *[partial(save, place, MINE, "Why?", 2)] * 2)

        assert (shown(place), Message.objects.filter(content="Why?").count()) == ([], 1)

    def test_a_first_version_that_comes_twice_is_one_draft(self, place: Conversation) -> None:
        at_once(*[partial(save, place, MINE, "mine")] * 3)

        assert shown(place) == ["mine"]
