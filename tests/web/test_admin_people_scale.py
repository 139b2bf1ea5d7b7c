from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.chat.models import Conversation, Message
from apps.generation.models import Generation
from tests.factories import ConversationFactory
from tests.web.test_admin_scale import MOST_MORE, PEOPLE, measure, work

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def counted_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.generation.usage.MOST_COUNTED", 500)


def answer(conversation: Conversation, count: int) -> None:
    """So many replies more, each written at one attempt."""
    rows = [Message(conversation=conversation, role="assistant", content="So.", rev=0) for _ in range(count)]
    Message.objects.bulk_create(rows)
    Generation.objects.bulk_create(
        Generation(message=row, attempt=1, worker_id=uuid4(), prompt_tokens=1, completion_tokens=1)
        for row in rows
    )
    measure()


@pytest.mark.parametrize("page", ["changelist", "change", "delete"])
def test_people_cost_the_same_however_much_they_wrote(admin_client: Client, owner: User, page: str) -> None:
    conversation = ConversationFactory(owner=owner)
    address = PEOPLE if page == "changelist" else reverse(f"admin:accounts_user_{page}", args=[owner.pk])
    answer(conversation, 1_000)
    admin_client.get(address)
    little = work(lambda: admin_client.get(address))

    answer(conversation, 9_000)

    assert work(lambda: admin_client.get(address)) <= little * MOST_MORE
