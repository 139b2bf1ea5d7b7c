"""What people write is shown to whoever may read it, and never without an entry in the audit: whatever
address of the administration is asked."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, reverse

from apps.accounts.models import Preferences, Token, User
from apps.chat.models import Conversation, Draft, Feedback
from apps.generation.models import Generation, Worker
from apps.oversight.audit import Actor, begin_reading
from apps.oversight.models import AuditEntry
from tests.factories import (
    ChunkFactory,
    FeedbackFactory,
    GenerationFactory,
    QueuedMessageFactory,
    ReplyFactory,
    TokenFactory,
    WorkerFactory,
)
from tests.web.desks import CONTENT, METADATA, desk_of, staff_with

pytestmark = pytest.mark.django_db

MARK = "planted-"
BEGINNING, WORDS = "plante", "zebra"  # of each of them: what is asked for may come back in links
GROUPS = ("add_group", "change_group", "view_group", "add_user")
WITHOUT_A_ROW = {
    "index", "login", "logout", "password_change", "password_change_done", "jsi18n", "autocomplete",
    "view_on_site",
}  # fmt: skip
QUERIES = (
    {"q": WORDS},
    {"q": WORDS, "content": "1"},
    {"title__startswith": BEGINNING},
    {"instructions__contains": BEGINNING},
    {"content__contains": BEGINNING},
    {"note__contains": BEGINNING},
    {"message__content__contains": BEGINNING},
    {"messages__content__contains": BEGINNING},
    {"head__content__startswith": BEGINNING},
    {"conversations__title__startswith": BEGINNING},
    {"preferences__instructions__startswith": BEGINNING},
    {"o": "1"},
    {"o": "-1.2"},
    {"all": ""},
    {"_popup": "1"},
    {"_to_field": "title"},
    {"_facets": "True"},
    {"e": "1"},
    {"p": "0"},
)
COMPLETED = [
    (field.model._meta.app_label, field.model._meta.model_name, field.name)
    for model in admin.site._registry
    for field in model._meta.get_fields()
    if field.many_to_one or field.one_to_one
    if not field.auto_created
]


@pytest.fixture
def planted(owner: User) -> dict[type, Any]:
    """A row of every kind, and in each that may hold text of a person's, some."""
    reply = ReplyFactory(
        content=f"{MARK}answer",
        parent__content=f"{MARK}question {WORDS}",
        parent__conversation__owner=owner,
        parent__conversation__title=f"{MARK}title {WORDS}",
        parent__conversation__instructions=f"{MARK}instructions",
    )
    conversation = reply.conversation
    ChunkFactory(message__parent=reply, text=f"{MARK}chunk")
    conversation.refresh_from_db()
    Preferences.objects.create(user=owner, instructions=f"{MARK}preferences")
    Draft.objects.create(
        id=reply.pk, owner=owner, conversation=conversation, text=f"{MARK}draft", version=1, rev=1,
        updated_at=conversation.updated_at,
    )  # fmt: skip
    QueuedMessageFactory(conversation=conversation, text=f"{MARK}queued")
    return {
        User: owner,
        Conversation: conversation,
        Feedback: FeedbackFactory(message=reply, note=f"{MARK}note"),
        Generation: GenerationFactory(message=reply),
        Worker: WorkerFactory(),
        Token: TokenFactory(user=owner),
        Group: Group.objects.create(name="clerks"),
        Authenticator: Authenticator.objects.create(
            user=owner, type="totp", data={"secret": f"{MARK}secret"}
        ),
        EmailAddress: EmailAddress.objects.create(user=owner, email=owner.email),
        AuditEntry: begin_reading(Actor(owner), conversation, "because"),
    }


def patterns(found: Any = None) -> Iterator[URLPattern]:
    for pattern in admin.site.get_urls() if found is None else found:
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns)
        elif pattern.name:
            yield pattern


NAMES = sorted({pattern.name for pattern in patterns() if pattern.name})


def addresses(planted: dict[type, Any]) -> Iterator[str]:
    """Every address there is, and lists asked in every way that somebody might think of."""
    models = {f"{model._meta.app_label}_{model._meta.model_name}": model for model in admin.site._registry}
    for name in NAMES:
        if name in WITHOUT_A_ROW or name == "app_list":
            continue
        kind = "accounts_user" if name.startswith("auth_user_password") else name.rpartition("_")[0]
        row = planted[models[kind]]
        if name.endswith(("_changelist", "_add")):
            yield reverse(f"admin:{name}")
            continue
        yield reverse(f"admin:{name}", args=[row.pk])
    for model in admin.site._registry:
        changelist = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        yield from (f"{changelist}?{urlencode(query)}" for query in QUERIES)
    for label in {model._meta.app_label for model in admin.site._registry}:
        yield reverse("admin:app_list", args=[label])
    yield from (reverse(f"admin:{name}") for name in ("index", "password_change", "jsi18n"))
    for app_label, model_name, field_name in COMPLETED:
        query = {"app_label": app_label, "model_name": model_name, "field_name": field_name, "term": WORDS}
        yield f"{reverse('admin:autocomplete')}?{urlencode({**query, 'content': '1'})}"


def shown(response: HttpResponse) -> list[str]:
    """What it shows of what somebody wrote."""
    return re.findall(rf".{{0,60}}{MARK}.*", response.content.decode())


def test_every_address_is_known(planted: dict[type, Any]) -> None:
    assert set(admin.site._registry) == set(planted)
    assert len(list(addresses(planted))) > 200


def test_who_may_not_read_is_shown_nothing_that_was_written(planted: dict[type, Any]) -> None:
    client = desk_of(staff_with(*METADATA, *GROUPS))

    pages = ((url, client.get(url, follow=True)) for url in addresses(planted))

    assert [(url, leak) for url, page in pages if (leak := shown(page))] == []


def test_nothing_that_was_written_is_shown_without_an_entry(planted: dict[type, Any]) -> None:
    unseen, seen = [], []
    for number, url in enumerate(addresses(planted)):
        reader = staff_with(*CONTENT, *GROUPS, email=f"reader{number}@example.org")
        if content := shown(desk_of(reader).get(url, follow=True)):
            noted = AuditEntry.objects.filter(staff_id=reader.pk).exists()
            (seen if noted else unseen).append((url, content))

    assert unseen == []
    assert len(seen) > 3
