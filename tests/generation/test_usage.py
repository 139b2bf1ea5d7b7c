from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.generation import usage
from apps.generation.usage import Activity, Figure, PersonalUsage, activity_of_users, usage_of_user
from tests.factories import ConversationFactory, GenerationFactory, MessageFactory, ReplyFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def counted_to_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "MOST_COUNTED", 3)


def test_everybodys_conversations_are_counted_for_themselves(owner: User, stranger: User) -> None:
    now = timezone.now()
    for ago in (2, 1, 3):
        ConversationFactory(owner=owner, updated_at=now - timedelta(days=ago))

    assert activity_of_users([owner.pk, stranger.pk]) == {
        owner.pk: Activity(Figure(3), now - timedelta(days=1)),
        stranger.pk: Activity(Figure(0), None),
    }


@pytest.mark.parametrize(("there", "told"), [(2, Figure(2)), (3, Figure(3)), (4, Figure(3, is_more=True))])
def test_conversations_are_counted_to_a_limit(owner: User, there: int, told: Figure) -> None:
    ConversationFactory.create_batch(there, owner=owner)

    assert activity_of_users([owner.pk], up_to=3)[owner.pk].conversations == told


def test_usage_is_ones_own_and_counts_what_has_been_counted(owner: User, stranger: User) -> None:
    GenerationFactory(message=ReplyFactory(parent__conversation__owner=stranger), prompt_tokens=7)
    reply = ReplyFactory(parent__conversation__owner=owner)
    GenerationFactory(message=reply, attempt=1, prompt_tokens=100, completion_tokens=20)
    GenerationFactory(message=reply, attempt=2, prompt_tokens=3, completion_tokens=None)

    assert usage_of_user(owner) == PersonalUsage(messages=Figure(2), tokens=Figure(123))


@pytest.mark.usefixtures("counted_to_three")
def test_messages_and_attempts_are_counted_to_a_limit(owner: User) -> None:
    conversation = ConversationFactory(owner=owner)
    for reply in ReplyFactory.create_batch(5, parent__conversation=conversation):
        GenerationFactory(message=reply, prompt_tokens=1, completion_tokens=0)

    used = usage_of_user(owner)

    assert used.messages == Figure(3, is_more=True)
    assert used.tokens.is_more
    assert 3 <= used.tokens.number < 5


@pytest.mark.usefixtures("counted_to_three")
def test_conversations_that_are_not_looked_into_may_hold_more(owner: User) -> None:
    long_ago = timezone.now() - timedelta(days=1)
    MessageFactory(conversation__owner=owner, conversation__updated_at=long_ago)
    for conversation in ConversationFactory.create_batch(3, owner=owner):
        MessageFactory(conversation=conversation)

    assert usage_of_user(owner) == PersonalUsage(Figure(3, is_more=True), Figure(0, is_more=True))


def test_whoever_has_nothing_has_used_nothing(owner: User) -> None:
    assert usage_of_user(owner) == PersonalUsage(messages=Figure(0), tokens=Figure(0))
