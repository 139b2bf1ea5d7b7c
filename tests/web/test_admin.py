import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.oversight.audit import Actor, begin_reading
from tests.chat.test_reading import queries
from tests.factories import (
    ConversationFactory,
    FeedbackFactory,
    GenerationFactory,
    ReplyFactory,
    TokenFactory,
    UserFactory,
    WorkerFactory,
)

pytestmark = pytest.mark.django_db

LISTS: dict[str, Callable[..., Any]] = {
    "accounts_user": UserFactory,
    "accounts_token": TokenFactory,
    "account_emailaddress": lambda: _signs_in(UserFactory()),
    "chat_conversation": lambda: GenerationFactory(prompt_tokens=2, completion_tokens=3).message.conversation,
    "chat_feedback": FeedbackFactory,
    "generation_generation": GenerationFactory,
    "generation_worker": WorkerFactory,
    "oversight_auditentry": lambda: begin_reading(
        Actor(UserFactory()), ConversationFactory(title="Sky"), "because"
    ),
}


def _signs_in(user: User) -> EmailAddress:
    return EmailAddress.objects.create(user=user, email=user.email)


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


READ_ONLY = [name for name in LISTS if name != "accounts_user"]


@pytest.mark.parametrize("name", READ_ONLY)
def test_what_there_is_is_to_look_at_alone(desk: Client, name: str) -> None:
    row = LISTS[name]()
    before = model_to_dict(row)

    assert desk.get(reverse(f"admin:{name}_add")).status_code == 403
    assert desk.post(reverse(f"admin:{name}_change", args=[row.pk]), {"title": "Mine"}).status_code == 403
    assert desk.post(reverse(f"admin:{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    desk.post(list_of(name), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})

    assert model_to_dict(type(row).objects.get(pk=row.pk)) == before


def test_a_list_of_conversations_says_whose_how_much_and_how_it_ended(desk: Client, owner: User) -> None:
    conversation = ConversationFactory(owner=owner, title="Sky <3")
    reply = ReplyFactory(parent__conversation=conversation, stopped=True)
    for attempt in (1, 2):
        GenerationFactory(message=reply, attempt=attempt, prompt_tokens=1_000, completion_tokens=234)

    html = desk.get(list_of("chat_conversation")).content.decode()

    assert "Sky &lt;3" in html
    assert "owner@example.org" in html
    assert '<td class="field-messages">2</td>' in html
    assert '<td class="field-tokens">2,468</td>' in html
    assert '<span class="state state-stopped">Stopped</span>' in html


FILTERS = {
    "status=failed": "failed",
    "status=running": "running",
    "model=other": "other",
    "active=7": "complete",
    "deleted=yes": "deleted",
    "owner__id__exact={owner}": "complete",
    "updated_at__year=2020": "old",
    "updated_at__year=2020&updated_at__month=2&updated_at__day=29": "old",
    "q=OWNER@": "complete",
    "q={complete}": "complete",
    "q=ECAUSE.&content=1": "complete",
    "q=blue sky&content=1": "old",
}


def conversations(owner: User) -> dict[str, Conversation]:
    """One for each thing that a list can be narrowed down to."""
    long_ago, before = datetime(2020, 2, 29, 12, tzinfo=UTC), timezone.now() - timedelta(days=90)
    complete = ReplyFactory(parent__conversation__owner=owner).conversation
    rows = {
        "failed": ReplyFactory(failed=True, content="").conversation,
        "running": ReplyFactory(streaming=True).conversation,
        "other": ConversationFactory(model_name="other"),
        "deleted": ConversationFactory(deleted_at=before),
        "old": ConversationFactory(title="Sky, blue"),
    }
    for name, row in rows.items():
        row.updated_at = long_ago if name == "old" else before
        row.save()
    return {"complete": complete, **rows}


@pytest.mark.parametrize("query", FILTERS)
def test_a_list_of_conversations_is_narrowed_down(desk: Client, owner: User, query: str) -> None:
    rows = conversations(owner)

    page = desk.get(
        f"{list_of('chat_conversation')}?{query.format(owner=owner.pk, complete=rows['complete'].pk)}"
    )

    assert [row.pk for row in page.context["cl"].result_list] == [rows[FILTERS[query]].pk]


@pytest.mark.parametrize(
    "query",
    ["updated_at__year=x", "updated_at__year=0", "updated_at__year=99999",
     "updated_at__year=2026&updated_at__month=13", "owner__id__exact=x", "q=%00", "p=999999", "status=%00"],
)  # fmt: skip
def test_an_address_that_makes_no_sense_breaks_nothing(desk: Client, query: str) -> None:
    response = desk.get(f"{list_of('chat_conversation')}?{query}", follow=True)

    assert response.status_code == 200


def test_a_calendar_leads_into_the_past_of_a_list(desk: Client, owner: User) -> None:
    conversations(owner)
    address = list_of("chat_conversation")

    def offered(query: str) -> list[str]:
        calendar = desk.get(f"{address}?{query}").context["cl"].calendar()
        return [choice["title"] for choice in calendar["choices"]]

    assert offered("")[0] == "2020"
    assert offered("updated_at__year=2020")[0] == "February 2020"
    assert offered("updated_at__year=2020&updated_at__month=2") == ["February 29"]
    assert offered("updated_at__year=2020&updated_at__month=2&updated_at__day=29") == []


def test_a_conversation_leads_to_its_attempts_alone(desk: Client) -> None:
    mine, _other = GenerationFactory(), GenerationFactory()
    conversation_id = mine.message.conversation_id

    url = f"{list_of('generation_generation')}?message__conversation__id__exact={conversation_id}"
    page = desk.get(reverse("admin:chat_conversation_change", args=[conversation_id]))

    assert url in page.content.decode()
    assert list(desk.get(url).context["cl"].result_list) == [mine]


def test_no_secret_of_a_token_or_of_a_second_factor_is_shown(desk: Client, owner: User) -> None:
    token = TokenFactory(user=owner, digest="d1g35t")
    factor = Authenticator.objects.create(user=owner, type="totp", data={"secret": "s3cr3t"})

    pages = [
        desk.get(reverse("admin:accounts_token_change", args=[token.pk])),
        desk.get(reverse("admin:mfa_authenticator_change", args=[factor.pk])),
        desk.get(reverse("admin:accounts_user_change", args=[owner.pk])),
    ]

    assert [page.status_code for page in pages] == [200] * 3
    assert not any(re.search("d1g35t|s3cr3t|scrypt|md5", page.content.decode()) for page in pages)


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
