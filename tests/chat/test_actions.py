import uuid
from collections.abc import Callable
from functools import partial
from uuid import UUID

import pytest

from apps.accounts.models import User
from apps.chat import actions
from apps.chat.actions import Stale
from apps.chat.asking import NotPossible, Sent
from apps.chat.beginning import FIRST_WORDS
from apps.chat.events import AccountChanged, ConversationChanged, ReplyQueued, StopRequested
from apps.chat.models import Conversation, Message, Status, TitleState
from apps.chat.queue import Queued
from apps.chat.revisions import changing
from apps.events import Event
from tests.factories import ConversationFactory, ReplyFactory
from tests.support.threads import at_once

KEY = "key-of-one"
regenerate = partial(actions.regenerate, key=KEY)
edit = partial(actions.edit, key=KEY, text="How?")
ON_REPLY = (actions.stop, actions.continue_reply, regenerate)
ON_MESSAGE = (*ON_REPLY, edit, actions.choose)


def send(
    user: User, conversation_id: UUID, *, key: str = KEY, text: str = "Why?", after: UUID | None = None
) -> Sent:
    return actions.send_message(user, conversation_id, key=key, text=text, model_name="demo", after=after)


def rows(conversation_id: UUID) -> list[tuple[str, str, str]]:
    messages = Message.objects.filter(conversation_id=conversation_id).order_by("depth", "created_at")
    return [(message.role, message.status, message.content) for message in messages]


@pytest.mark.django_db
class TestSending:
    def test_the_first_message_begins_the_conversation(self, owner: User) -> None:
        pk = uuid.uuid4()

        sent = send(owner, pk, text="Why is\nthe sky blue?")

        conversation = Conversation.objects.owned_by(owner).get(pk=pk)
        assert (conversation.title, conversation.title_state) == ("Why is the sky blue?", TitleState.NONE)
        assert (conversation.head, conversation.rev, conversation.list_rev) == (sent.reply, 1, 1)
        assert rows(pk) == [("user", "complete", "Why is\nthe sky blue?"), ("assistant", "queued", "")]
        assert (sent.question.rev, sent.reply.rev, sent.new) == (1, 1, True)

    def test_a_long_first_message_lends_its_first_words(self, owner: User) -> None:
        conversation = send(owner, uuid.uuid4(), text="word " * 100).question.conversation

        assert conversation.title.endswith("word…")
        assert len(conversation.title) <= FIRST_WORDS

    def test_the_next_message_hangs_below_the_head(self, owner: User, reply: Message) -> None:
        before = reply.conversation.updated_at

        sent = send(owner, reply.conversation_id)

        conversation = Conversation.objects.get(pk=reply.conversation_id)
        assert (sent.question.parent, sent.question.depth, sent.reply.depth) == (reply, 2, 3)
        assert conversation.head == sent.reply
        assert conversation.updated_at > before
        assert conversation.path_rev == 0

    def test_the_same_key_stores_nothing_new(self, owner: User) -> None:
        pk = uuid.uuid4()
        first = send(owner, pk)

        again = send(owner, pk, text="other words")

        assert (again.question, again.reply, again.new) == (first.question, first.reply, False)
        assert len(rows(pk)) == 2
        assert Conversation.objects.get(pk=pk).rev == 1

    def test_the_same_key_finds_the_first_reply_even_after_others(self, owner: User) -> None:
        pk = uuid.uuid4()
        first = send(owner, pk)
        ReplyFactory(parent=first.question, failed=True)

        assert send(owner, pk).reply == first.reply

    def test_the_same_key_in_another_conversation_is_another_message(self, owner: User) -> None:
        assert send(owner, uuid.uuid4()).question != send(owner, uuid.uuid4()).question

    def test_a_model_that_is_no_longer_offered_is_replaced(self, owner: User) -> None:
        conversation = ConversationFactory(owner=owner, model_name="forgotten")

        assert send(owner, conversation.pk).reply.model_name == "demo"

    @pytest.mark.parametrize("deleted", [False, True])
    def test_an_id_that_is_taken_stays_absent(
        self,
        stranger: User,
        reply: Message,
        deleted: bool,
    ) -> None:
        if deleted:
            actions.delete(reply.conversation.owner, reply.conversation_id)
        user = reply.conversation.owner if deleted else stranger

        with pytest.raises(Conversation.DoesNotExist):
            send(user, reply.conversation_id)

        assert len(rows(reply.conversation_id)) == 2


@pytest.mark.django_db(transaction=True)
class TestSendingAtOnce:
    def test_one_key_is_one_message_and_one_reply(self, owner: User, told: list[Event]) -> None:
        conversation = ConversationFactory(owner=owner)

        one, other = at_once(*[lambda: send(owner, conversation.pk)] * 2)

        assert (one.question, one.reply) == (other.question, other.reply)
        assert {one.new, other.new} == {True, False}
        assert len(rows(conversation.pk)) == 2
        assert told.count(ReplyQueued(message_id=one.reply.pk)) == 1

    def test_behind_one_attempt_a_reply_is_continued_once(self, owner: User, told: list[Event]) -> None:
        cut = ReplyFactory(parent__conversation__owner=owner, attempt=1, stopped=True)

        at_once(*[lambda: actions.continue_reply(owner, cut.conversation_id, cut.pk, attempt=1)] * 2)

        assert told.count(ReplyQueued(message_id=cut.pk)) == 1
        assert Conversation.objects.get().rev == 1

    @pytest.mark.parametrize("trait", [{}, {"failed": True}])
    def test_one_alternative_is_written(self, owner: User, trait: dict[str, object]) -> None:
        old = ReplyFactory(parent__conversation__owner=owner, **trait)

        one, other = at_once(*[lambda: regenerate(owner, old.conversation_id, old.pk)] * 2)

        assert one == other
        assert old.parent.children.count() == (1 if trait else 2)
        assert Conversation.objects.get().rev == 1

    @pytest.mark.parametrize("stale", [False, True])
    def test_one_key_is_one_question(self, owner: User, stale: bool) -> None:
        reply = ReplyFactory(parent__conversation__owner=owner)
        pk = reply.conversation_id
        ask = partial(send, owner, pk, after=reply.pk) if stale else partial(edit, owner, pk, reply.parent_id)

        one, other = at_once(ask, ask)

        assert (one.question, one.reply) == (other.question, other.reply)
        assert (Message.objects.count(), Conversation.objects.get().rev) == (4, 1)

    def test_of_two_senders_the_later_is_stale(self, owner: User) -> None:
        reply = ReplyFactory(parent__conversation__owner=owner)

        def attempt(key: str) -> bool:
            try:
                return send(owner, reply.conversation_id, key=key, after=reply.pk).new
            except Stale:
                return False

        assert sorted(at_once(lambda: attempt("first-key"), lambda: attempt("second-key"))) == [False, True]
        assert reply.children.count() == 1

    def test_two_tabs_begin_one_conversation(self, owner: User) -> None:
        pk = uuid.uuid4()

        one, other = at_once(
            lambda: send(owner, pk, key="first-key"), lambda: send(owner, pk, key="second-key")
        )

        assert Conversation.objects.get().pk == pk
        assert {type(one), type(other)} == {Sent, Queued}
        assert sorted(m.depth for m in Message.objects.all()) == [0, 1]
        assert Conversation.objects.get().rev == 2

    def test_two_people_cannot_begin_one_conversation(self, owner: User, stranger: User) -> None:
        pk = uuid.uuid4()

        def attempt(user: User) -> bool:
            try:
                return send(user, pk).new
            except Conversation.DoesNotExist:
                return False

        won = at_once(lambda: attempt(owner), lambda: attempt(stranger))

        assert sorted(won) == [False, True]
        assert Conversation.objects.get().owner == (owner if won[0] else stranger)
        assert len(rows(pk)) == 2


@pytest.mark.django_db(transaction=True)
class TestTelling:
    def test_a_sent_message_wakes_tabs_and_engines(self, owner: User, told: list[Event]) -> None:
        sent = send(owner, uuid.uuid4())

        assert set(told) == {
            ConversationChanged(conversation_id=sent.question.conversation_id, rev=1),
            AccountChanged(owner_id=owner.pk, rev=1),
            ReplyQueued(message_id=sent.reply.pk),
        }

    def test_a_stop_is_told_to_the_engines(self, owner: User, told: list[Event]) -> None:
        running = ReplyFactory(streaming=True, parent__conversation__owner=owner)

        actions.stop(owner, running.conversation_id, running.pk)

        assert StopRequested(message_id=running.pk) in told

    def test_a_deletion_ends_what_is_written(self, owner: User, told: list[Event]) -> None:
        running = ReplyFactory(streaming=True, parent__conversation__owner=owner)
        ReplyFactory(parent=running.parent)

        actions.delete(owner, running.conversation_id)

        assert [event for event in told if isinstance(event, StopRequested)] == [
            StopRequested(message_id=running.pk)
        ]

    @pytest.mark.parametrize("again", [actions.continue_reply, regenerate])
    def test_a_reply_queued_again_wakes_the_engines(
        self, owner: User, told: list[Event], again: Callable[..., None]
    ) -> None:
        stopped = ReplyFactory(stopped=True, parent__conversation__owner=owner)

        again(owner, stopped.conversation_id, stopped.pk)

        queued = Message.objects.live().get()
        assert ReplyQueued(message_id=queued.pk) in told

    def test_what_is_not_possible_tells_nothing(self, owner: User, told: list[Event]) -> None:
        reply = ReplyFactory(parent__conversation__owner=owner)

        with pytest.raises(NotPossible):
            actions.continue_reply(owner, reply.conversation_id, reply.pk)

        assert told == []
        assert Conversation.objects.get().rev == 0


@pytest.mark.django_db
class TestStopping:
    def test_a_waiting_reply_stops_at_once(self, owner: User, question: Message) -> None:
        waiting = ReplyFactory(parent=question, queued=True)

        actions.stop(owner, question.conversation_id, waiting.pk)

        waiting.refresh_from_db()
        assert (waiting.status, waiting.rev, waiting.stop_at) == (Status.STOPPED, 1, None)

    def test_a_running_reply_is_asked_to_stop(self, owner: User, question: Message) -> None:
        running = ReplyFactory(parent=question, streaming=True)

        actions.stop(owner, question.conversation_id, running.pk)

        running.refresh_from_db()
        assert running.status == Status.STREAMING
        assert running.stop_at is not None

    def test_a_reply_that_begins_to_run_meanwhile_is_asked_to_stop(
        self, owner: User, question: Message, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waiting = ReplyFactory(parent=question, queued=True)

        def claimed_first(*args: object, **options: object) -> object:
            Message.objects.filter(pk=waiting.pk).update(status=Status.STREAMING)
            return changing(*args, **options)

        monkeypatch.setattr(actions, "changing", claimed_first)
        actions.stop(owner, question.conversation_id, waiting.pk)

        waiting.refresh_from_db()
        assert waiting.stop_at is not None

    @pytest.mark.parametrize("status", ["complete", "stopped", "interrupted", "failed"])
    def test_a_reply_that_is_over_stays_as_it_is(self, owner: User, question: Message, status: str) -> None:
        over = ReplyFactory(parent=question, status=status)

        actions.stop(owner, question.conversation_id, over.pk)

        over.refresh_from_db()
        assert (over.status, over.stop_at, over.rev) == (status, None, 0)


@pytest.mark.django_db
class TestGoingOn:
    @pytest.mark.parametrize("trait", [{"stopped": True}, {"interrupted": True}, {"finish_reason": "length"}])
    def test_a_reply_cut_short_is_continued_in_its_row(
        self, owner: User, question: Message, trait: dict[str, object]
    ) -> None:
        short = ReplyFactory(parent=question, content="Bec", attempt=1, **trait)

        actions.continue_reply(owner, question.conversation_id, short.pk)

        short.refresh_from_db()
        assert (short.status, short.content, short.rev) == (Status.QUEUED, "Bec", 1)
        assert (short.finish_reason, short.error_code, short.stop_at) == ("", "", None)

    @pytest.mark.parametrize("trait", [{"queued": True}, {"streaming": True}, {"failed": True}, {}])
    def test_no_other_reply_is_continued(
        self, owner: User, question: Message, trait: dict[str, object]
    ) -> None:
        other = ReplyFactory(parent=question, **trait)

        with pytest.raises(NotPossible):
            actions.continue_reply(owner, question.conversation_id, other.pk)

        assert Message.objects.get(pk=other.pk).status == other.status

    @pytest.mark.parametrize("action", ON_REPLY)
    def test_a_question_is_no_reply(
        self, owner: User, question: Message, action: Callable[..., None]
    ) -> None:
        with pytest.raises(NotPossible):
            action(owner, question.conversation_id, question.pk)


@pytest.mark.django_db
class TestTitles:
    def test_a_title_given_by_hand_is_stored_and_listed(
        self, owner: User, conversation: Conversation
    ) -> None:
        actions.rename(owner, conversation.pk, title="Mine")

        conversation.refresh_from_db()
        assert (conversation.title, conversation.title_state) == ("Mine", TitleState.USER)
        assert (conversation.rev, conversation.list_rev) == (1, 1)

    def test_a_wanted_title_is_stored(self, owner: User) -> None:
        conversation = ConversationFactory(owner=owner, title_state=TitleState.WANTED)

        assert actions.give_title(conversation.pk, "Sky")

        conversation.refresh_from_db()
        assert (conversation.title, conversation.title_state) == ("Sky", TitleState.DONE)

    def test_a_late_task_does_not_overwrite_the_user(self, owner: User) -> None:
        conversation = ConversationFactory(owner=owner, title_state=TitleState.WANTED)
        actions.rename(owner, conversation.pk, title="Mine")

        assert not actions.give_title(conversation.pk, "Late")

        conversation.refresh_from_db()
        assert (conversation.title, conversation.rev) == ("Mine", 1)

    @pytest.mark.parametrize("state", [TitleState.NONE, TitleState.DONE, TitleState.USER])
    def test_a_title_that_nobody_wants_is_dropped(self, state: TitleState) -> None:
        conversation = ConversationFactory(title="Kept", title_state=state)

        assert not actions.give_title(conversation.pk, "Late")

        conversation.refresh_from_db()
        assert (conversation.title, conversation.rev) == ("Kept", 0)


@pytest.mark.django_db
class TestAbsence:
    def test_what_is_deleted_is_nowhere(self, owner: User, reply: Message) -> None:
        actions.delete(owner, reply.conversation_id)

        assert not Conversation.objects.owned_by(owner).exists()
        conversation = Conversation.objects.get(pk=reply.conversation_id)
        assert (conversation.rev, conversation.list_rev) == (1, 1)
        for action in ON_MESSAGE:
            with pytest.raises(Conversation.DoesNotExist):
                action(owner, reply.conversation_id, reply.pk)

    def test_what_is_deleted_is_not_written(self, owner: User, question: Message) -> None:
        ReplyFactory(parent=question, queued=True)

        actions.delete(owner, question.conversation_id)

        assert not Message.objects.claimable().exists()

    @pytest.mark.parametrize("action", ON_MESSAGE)
    def test_a_strangers_reply_is_absent(
        self, stranger: User, reply: Message, action: Callable[..., None]
    ) -> None:
        with pytest.raises(Conversation.DoesNotExist):
            action(stranger, reply.conversation_id, reply.pk)
        with pytest.raises(Conversation.DoesNotExist):
            action(stranger, uuid.uuid4(), reply.pk)

    @pytest.mark.parametrize("action", ON_MESSAGE)
    def test_a_reply_is_found_in_its_own_conversation_alone(
        self, owner: User, reply: Message, action: Callable[..., None]
    ) -> None:
        other = ReplyFactory(parent__conversation__owner=owner)

        for absent in (other.pk, uuid.uuid4()):
            with pytest.raises(Message.DoesNotExist):
                action(owner, reply.conversation_id, absent)

    def test_a_strangers_conversation_keeps_its_name_and_stays(
        self, stranger: User, conversation: Conversation
    ) -> None:
        for pk in (conversation.pk, uuid.uuid4()):
            with pytest.raises(Conversation.DoesNotExist):
                actions.rename(stranger, pk, title="Taken")
            with pytest.raises(Conversation.DoesNotExist):
                actions.delete(stranger, pk)

        conversation.refresh_from_db()
        assert (conversation.title, conversation.deleted_at, conversation.rev) == ("", None, 0)
