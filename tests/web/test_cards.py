from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.chat import reading
from apps.chat.models import Message, Role
from apps.web import markdown, wording
from apps.web.cards import Card, Day, cards_of, items_of
from apps.web.commands import KeyField
from tests.chat.test_reading import queries
from tests.factories import ChunkFactory, ConversationFactory, MessageFactory, ReplyFactory

pytestmark = pytest.mark.django_db


def card_of(message: Message) -> Card:
    return cards_of([message])[0]


@pytest.mark.parametrize(
    ("trait", "stop", "go_on", "again"),
    [
        ({"queued": True}, True, False, False),
        ({"streaming": True}, True, False, False),
        ({}, False, False, True),
        ({"finish_reason": "length"}, False, True, True),
        ({"stopped": True}, False, True, True),
        ({"interrupted": True}, False, True, True),
        ({"failed": True}, False, False, True),
    ],
)
def test_it_offers_what_is_possible(trait: dict[str, Any], stop: bool, go_on: bool, again: bool) -> None:
    card = card_of(ReplyFactory(**trait))

    assert (card.can_stop, card.can_continue, card.can_regenerate) == (stop, go_on, again)


def test_a_question_is_shown_as_it_was_typed() -> None:
    card = card_of(MessageFactory(content="**Why** <b>?"))

    assert (card.role, card.text, card.closed, card.tail) == (Role.USER, "**Why** <b>?", "", "")
    assert not card.problem


def test_a_finished_reply_is_drawn_whole() -> None:
    reply = ReplyFactory(content="**Because**\n\n<script>")

    card = card_of(reply)

    assert (card.closed, card.tail) == (markdown.render(reply.content, scope=str(reply.pk)), "")
    assert "<script>" not in card.closed


def test_a_running_reply_is_drawn_block_by_block() -> None:
    running = ReplyFactory(streaming=True, content="One.\n\n")
    ChunkFactory(message=running, start=6, text="Two")

    card = cards_of(reading.newest_window(running.conversation).messages)[-1]

    assert ("One." in card.closed, "Two" in card.closed) == (True, False)
    assert "Two" in card.tail


def test_siblings_lead_to_each_other() -> None:
    first = ReplyFactory()
    second = ReplyFactory(parent=first.parent)

    card = card_of(second)

    assert (card.position, card.total, card.previous_id, card.next_id) == (2, 2, first.pk, None)


def test_the_wish_for_another_version_is_named_by_what_is_seen() -> None:
    first = ReplyFactory()
    seen = card_of(first).again_key
    assert card_of(first).again_key == seen

    first.rev += 1
    changed = card_of(first).again_key
    ReplyFactory(parent=first.parent)

    assert len({seen, changed, card_of(first).again_key}) == 3


def test_the_name_of_a_wish_is_a_key_however_long_it_lasts() -> None:
    old = ReplyFactory(rev=2**63 - 1)

    assert KeyField().clean(card_of(old).again_key)


def test_a_problem_is_told_in_words() -> None:
    assert card_of(ReplyFactory(failed=True)).problem == wording.ERRORS["unavailable"]


def test_cards_of_many_messages_cost_two_queries() -> None:
    first = MessageFactory()
    messages = [ReplyFactory(parent=first) for _ in range(20)]

    assert queries(lambda: cards_of(messages)) == 2


def test_nothing_is_asked_about_what_nobody_can_have_rated() -> None:
    running = ReplyFactory(streaming=True)

    assert queries(lambda: cards_of([running.parent, running])) == 1


def test_a_card_shows_its_owners_feedback_alone(stranger: User) -> None:
    reply = ReplyFactory()
    reply.feedback.create(user=stranger, verdict="down", note="theirs")
    assert (card_of(reply).verdict, card_of(reply).note) == ("", "")

    reply.feedback.create(user=reply.conversation.owner, verdict="up", note="mine")

    assert (card_of(reply).verdict, card_of(reply).note) == ("up", "mine")


def test_a_choice_of_models_is_offered_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert card_of(ReplyFactory()).models == ()

    monkeypatch.setattr("apps.web.cards.model_names", lambda: ("one", "two"))

    assert card_of(ReplyFactory()).models == ("one", "two")


def test_an_item_is_ordered_by_its_last_activity() -> None:
    newer = ConversationFactory()
    older = ConversationFactory(updated_at=newer.updated_at - timedelta(seconds=1))

    first, second = items_of([newer, older], current=older.pk)

    assert second.order < first.order
    assert (first.current, second.current) == (False, True)
    assert not second.running


class TestDays:
    def test_a_day_begins_where_the_reader_is(self) -> None:
        first = MessageFactory()
        second = ReplyFactory(parent=first)
        Message.objects.filter(pk=first.pk).update(created_at=datetime(2025, 3, 4, 23, 59, tzinfo=UTC))
        Message.objects.filter(pk=second.pk).update(created_at=datetime(2025, 3, 5, 0, 1, tzinfo=UTC))
        messages = list(Message.objects.order_by("depth"))

        with timezone.override(ZoneInfo("Europe/Berlin")):
            here = [card.day for card in cards_of(messages)]
        there = [card.day for card in cards_of(messages)]

        assert here == [Day("Wednesday, March 5, 2025", "Wednesday, March 5, 2025"), None]
        assert [day and day.date for day in there] == ["Tuesday, March 4, 2025", "Wednesday, March 5, 2025"]

    def test_a_card_alone_knows_what_it_came_after(self) -> None:
        reply = ReplyFactory()

        assert (card_of(reply).day, card_of(reply.parent).day.label) == (None, "Today")
