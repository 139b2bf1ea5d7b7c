from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.chat.models import Conversation, Message
from tests.chat.test_reading import queries
from tests.factories import ConversationFactory, FeedbackFactory, MessageFactory, ReplyFactory, UserFactory

pytestmark = pytest.mark.django_db

LISTS: dict[str, Callable[..., Any]] = {
    "accounts_user": UserFactory,
    "chat_conversation": lambda: ReplyFactory().conversation,
    "chat_message": ReplyFactory,
    "chat_feedback": FeedbackFactory,
}


@pytest.fixture
def desk(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def list_of(name: str) -> str:
    return reverse(f"admin:{name}_changelist")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_opens_and_is_searched(desk: Client, name: str) -> None:
    LISTS[name]()

    for url in (list_of(name), f"{list_of(name)}?q=example"):
        assert desk.get(url).status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_a_longer_list_costs_no_further_query(desk: Client, name: str) -> None:
    LISTS[name]()
    desk.get(list_of(name))
    short = queries(lambda: desk.get(list_of(name)))

    for _ in range(12):
        LISTS[name]()

    assert queries(lambda: desk.get(list_of(name))) == short


@pytest.mark.parametrize("name", LISTS)
def test_a_row_opens(desk: Client, name: str) -> None:
    row = LISTS[name]()

    assert desk.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 200


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("visitor", ["nobody", "stranger"])
def test_strangers_are_asked_to_sign_in(stranger: User, name: str, visitor: str) -> None:
    row, client = LISTS[name](), Client()
    if visitor == "stranger":
        client.force_login(stranger)

    for url in (list_of(name), reverse(f"admin:{name}_change", args=[row.pk])):
        response = client.get(url)
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("name", ["chat_conversation", "chat_message"])
def test_transcripts_are_to_read_alone(desk: Client, name: str) -> None:
    row = LISTS[name]()
    change = reverse(f"admin:{name}_change", args=[row.pk])

    assert desk.get(reverse(f"admin:{name}_add")).status_code == 403
    assert desk.post(change, {"title": "Mine", "content": "Mine"}).status_code == 403
    assert desk.post(reverse(f"admin:{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    desk.post(list_of(name), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})

    assert type(row).objects.get(pk=row.pk).rev == row.rev
    assert not Message.objects.filter(content="Mine").exists()
    assert not Conversation.objects.filter(title="Mine").exists()


def test_a_list_of_conversations_says_whose_and_how_long(desk: Client, owner: User) -> None:
    conversation = ConversationFactory(owner=owner, title="Sky <3")
    MessageFactory.create_batch(3, conversation=conversation)

    html = desk.get(list_of("chat_conversation")).content.decode()

    assert "Sky &lt;3" in html
    assert "owner@example.org" in html
    assert '<td class="field-message_count">3</td>' in html


def test_a_conversation_leads_to_its_messages_alone(desk: Client) -> None:
    mine, other = ReplyFactory(content="mine"), ReplyFactory(content="somebody else’s")

    url = f"{list_of('chat_message')}?conversation__id__exact={mine.conversation_id}"
    page = desk.get(reverse("admin:chat_conversation_change", args=[mine.conversation_id]))

    assert url in page.content.decode()
    html = desk.get(url).content.decode()
    assert ("mine" in html, other.content in html) == (True, False)


def test_a_long_message_is_listed_by_its_beginning(desk: Client) -> None:
    MessageFactory(content="word\n" * 1_000)

    html = desk.get(list_of("chat_message")).content.decode()

    assert "word word" in html
    assert html.count("word") < 30


def test_a_user_is_added_by_address_and_password(desk: Client) -> None:
    url = reverse("admin:accounts_user_add")
    password = "a long and calm password"

    assert desk.get(url).status_code == 200
    response = desk.post(
        url,
        {"email": "new@example.org", "usable_password": "true", "password1": password, "password2": password},
    )

    assert response.status_code == 302
    assert User.objects.get(email="new@example.org").check_password(password)
