from urllib.parse import urlencode

import pytest
from django.urls import resolve

from apps.accounts.models import User
from apps.chat import reading
from apps.chat.querysets import Mark
from apps.chat.reading import Window, newest_window
from apps.web.pages import items_context, mark_from, transcript_context
from tests.chat.test_reading import long_path
from tests.factories import ConversationFactory, ReplyFactory

pytestmark = pytest.mark.django_db


def test_a_whole_transcript_leads_nowhere() -> None:
    context = transcript_context(newest_window(ReplyFactory().conversation))

    assert [card.role for card in context["cards"]] == ["user", "assistant"]
    assert context["older_url"] == ""


def test_an_empty_transcript_is_one_too() -> None:
    context = transcript_context(Window([], has_older=False))

    assert context == {"cards": [], "last_cards": [], "older_url": "", "newer_url": ""}


def test_a_stretch_leads_to_the_one_above_it() -> None:
    conversation = ConversationFactory()
    path = long_path(conversation, reading.WINDOW + 1)

    context = transcript_context(newest_window(conversation))

    match = resolve(context["older_url"])
    assert match.url_name == "older"
    assert match.kwargs == {"conversation_id": conversation.pk, "message_id": path[1].pk}


def test_a_page_of_the_list_leads_to_the_one_behind_it(owner: User) -> None:
    rows = ConversationFactory.create_batch(reading.PAGE + 1, owner=owner)

    context = items_context(owner.pk, current=rows[-1].pk)

    assert [item.id for item in context["items"]] == [row.pk for row in rows[:0:-1]]
    assert [item.current for item in context["items"]] == [True] + [False] * (reading.PAGE - 1)
    mark = f"0_{rows[1].updated_at.isoformat()}_{rows[1].pk}"
    assert context["next_items_url"] == f"/conversations/?{urlencode({'behind': mark})}"
    assert mark_from(mark) == Mark(rows[1].updated_at, rows[1].pk, pinned=False)


def test_the_last_page_of_the_list_leads_nowhere(owner: User) -> None:
    old, new = ConversationFactory(owner=owner), ConversationFactory(owner=owner)

    context = items_context(owner.pk, behind=Mark(new.updated_at, new.pk, pinned=False))

    assert [item.id for item in context["items"]] == [old.pk]
    assert context["next_items_url"] == ""
