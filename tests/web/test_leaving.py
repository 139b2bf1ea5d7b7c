import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.test import Client
from django.urls import reverse

from apps.accounts.access import Access, issue_ticket
from apps.accounts.models import Preferences, User
from apps.bridge import in_database
from apps.chat import actions, leaving
from apps.chat.events import StopRequested
from apps.chat.models import Conversation, Message
from apps.events import Event
from apps.generation.claim import Fence, Fenced
from apps.generation.settle import Outcome, settle
from tests.accounts.test_accounts import PASSWORD
from tests.accounts.test_pages import confirmed, heading
from tests.factories import ChunkFactory, GenerationFactory, ReplyFactory, TokenFactory
from tests.support.running import running_bus, running_engine, until
from tests.support.tab import tab
from tests.web.conftest import session_of

pytestmark = pytest.mark.django_db

NOBODYS = {ContentType, Permission}
DELETE = "delete_account"


def rows() -> dict[type[models.Model], int]:
    """How many there are of whatever may be somebody's."""
    kinds = (kind for kind in apps.get_models() if kind not in NOBODYS)
    return {kind: kind._base_manager.count() for kind in kinds}


def with_everything(user: User) -> Client:
    """A browser of the user's, and a row of every kind that hangs on them."""
    client = Client()
    client.force_login(user)
    client.get("/")
    Preferences.objects.create(user=user, instructions="Be brief.")
    RecoveryCodes.activate(user)
    user.emailaddress_set.create(email=user.email, primary=True)
    kind = ContentType.objects.get_for_model(User)
    issue_ticket(Access(user, token_id=TokenFactory(user=user).pk))
    LogEntry.objects.create(user=user, content_type=kind, object_id=user.pk, action_flag=2)
    sent = actions.send_message(user, ReplyFactory().pk, key="key-of-one", text="Why?", model_name="demo")
    running = ReplyFactory(parent__conversation__owner=user, streaming=True)
    ChunkFactory(message=running)
    GenerationFactory(message=running)
    actions.delete(user, sent.question.conversation_id)
    return confirmed(client)


@pytest.fixture
def protected(page: Client, owner: User) -> Client:
    """The owner's browser, where they have a password to say once more."""
    owner.set_password(PASSWORD)
    owner.save()
    page.force_login(owner)
    return page


class TestThePage:
    def test_it_asks_once_more_who_it_is(self, protected: Client) -> None:
        response = protected.get(reverse(DELETE))

        assert response["Location"].startswith(reverse("account_reauthenticate"))

    def test_it_says_what_will_be_gone(self, page: Client) -> None:
        assert heading(confirmed(page).get(reverse(DELETE))) == "Delete your account?"

    @pytest.mark.parametrize("typed", ["", "delete", "stranger@example.org"])
    def test_anything_but_the_address_deletes_nothing(self, page: Client, owner: User, typed: str) -> None:
        response = confirmed(page).post(reverse(DELETE), {"address": typed})

        assert response.status_code == 422
        assert User.objects.filter(pk=owner.pk).exists()

    def test_the_address_in_any_case_does(self, page: Client, owner: User) -> None:
        response = confirmed(page).post(reverse(DELETE), {"address": " Owner@Example.org "}, follow=True)

        assert heading(response) == "Welcome back"
        assert "Your account is deleted" in response.content.decode()
        assert not User.objects.filter(pk=owner.pk).exists()
        assert "_auth_user_id" not in page.session

    def test_a_form_without_a_fresh_proof_deletes_nothing(self, protected: Client, owner: User) -> None:
        protected.post(reverse(DELETE), {"address": owner.email})

        assert User.objects.filter(pk=owner.pk).exists()


def test_no_row_is_left(owner: User) -> None:
    client = with_everything(owner)
    Conversation.objects.exclude(owner=owner).delete()
    User.objects.exclude(pk=owner.pk).delete()

    client.post(reverse(DELETE), {"address": owner.email})

    assert {kind.__name__: count for kind, count in rows().items() if count} == {}


def test_nobody_else_loses_anything(owner: User, stranger: User) -> None:
    with_everything(stranger)
    before = rows()

    with_everything(owner).post(reverse(DELETE), {"address": owner.email})

    assert {kind: count for kind, count in rows().items() if count < before[kind]} == {}
    assert Conversation.objects.filter(owner=stranger).count() == 2


def test_running_replies_are_asked_to_end_first(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    reply, told = ReplyFactory(parent__conversation__owner=owner, streaming=True), list[Event]()
    monkeypatch.setattr(leaving, "publish", lambda *events: told.extend(events))
    ReplyFactory(streaming=True)

    leaving.delete_account(owner)

    assert told == [StopRequested(message_id=reply.pk)]
    assert Message.objects.count() == 2


def test_an_attempt_whose_conversation_is_gone_is_fenced(owner: User) -> None:
    reply = ReplyFactory(parent__conversation__owner=owner, streaming=True)
    fence = Fence(reply.pk, reply.conversation_id, 1)
    leaving.delete_account(owner)

    with pytest.raises(Fenced):
        settle(fence, Outcome("complete"))
    assert not actions.give_title(reply.conversation_id, "Late")


@pytest.mark.django_db(transaction=True)
async def test_open_pages_close_and_what_is_being_written_ends(owner: User) -> None:
    session = await in_database(session_of)(owner)
    conversation_id = (await in_database(ReplyFactory)()).pk
    async with running_bus(), running_engine() as engine, tab(session) as page:
        values = {"conversation": str(conversation_id), "key": "key-of-one", "text": "/slow 1"}
        await page.send(command="send", **values)
        await until(lambda: engine._writings)

        await in_database(leaving.delete_account)(owner)

        assert await page.closed() == 4001
        await until(lambda: not engine._writings)
    assert await in_database(Conversation.objects.filter(pk=conversation_id).count)() == 0
