import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from apps.accounts.models import User
from tests.factories import ConversationFactory, GenerationFactory, ReplyFactory
from tests.web.desks import METADATA, desk_of, staff_with

pytestmark = pytest.mark.django_db

USERS = "admin:accounts_user_changelist"


@pytest.fixture
def clerk(db: None) -> User:
    return staff_with(*METADATA)


def figures(desk: Client, user: User) -> dict[str, str]:
    """What stands on somebody's page to be read alone, by field."""
    found = re.findall(
        r'field-(\w+)">.*?<div class="readonly">(.*?)</div>',
        desk.get(reverse("admin:accounts_user_change", args=[user.pk])).content.decode(),
        re.DOTALL,
    )
    return {name: strip_tags(value).strip() for name, value in found}


def test_a_list_says_whose_conversations_there_are_and_when_they_went_on(
    admin_client: Client, owner: User
) -> None:
    ConversationFactory(owner=owner, updated_at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    ConversationFactory(owner=owner, updated_at=datetime(2026, 2, 1, 12, tzinfo=UTC))

    html = admin_client.get(f"{reverse(USERS)}?q=owner@").content.decode()

    assert f'<a href="/admin/chat/conversation/?owner__id__exact={owner.pk}">2</a>' in html
    assert '<td class="field-activity">March 1, 2026, noon</td>' in html


def test_a_page_of_a_person_says_what_is_theirs(clerk: User, owner: User) -> None:
    for reply in ReplyFactory.create_batch(2, parent__conversation__owner=owner):
        GenerationFactory(message=reply, prompt_tokens=1_000, completion_tokens=500)

    shown = figures(desk_of(clerk), owner)

    assert [shown[name] for name in ("conversations", "messages", "tokens")] == ["2", "4", "3,000"]
    assert re.fullmatch(r"\w+\.? \d+, \d{4}, .+", shown["activity"])


def test_what_was_not_counted_to_the_end_is_said_to_be_more(
    clerk: User, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.generation.usage.MOST_COUNTED", 2)
    conversation = ConversationFactory(owner=owner)
    for reply in ReplyFactory.create_batch(3, parent__conversation=conversation):
        GenerationFactory(message=reply, prompt_tokens=1_000, completion_tokens=0)

    shown = figures(desk_of(clerk), owner)

    assert [shown[name] for name in ("conversations", "messages")] == ["1", "more than 2"]
    assert shown["tokens"].startswith("more than ")
