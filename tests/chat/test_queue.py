from functools import partial
from unittest.mock import patch
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.chat import actions, queue
from apps.chat.asking import KeyUsed, NotPossible, Sent
from apps.chat.events import ReplyQueued
from apps.chat.models import Conversation, Message, QueuedMessage, QueueState, Status
from apps.chat.queue import Queued, QueueFull, TooLate
from apps.events import Event
from apps.generation.claim import Fence, Fenced
from apps.generation.settle import Outcome, settle
from apps.generation.sweep import free_queues
from apps.llm.errors import ErrorCode
from tests.factories import GenerationFactory, MessageFactory, ReplyFactory
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db
FAILED = Outcome(Status.FAILED, error_code=ErrorCode.UNAVAILABLE)
LOST = Outcome(Status.INTERRUPTED, error_code=ErrorCode.WORKER_LOST)


@pytest.fixture
def running(question: Message) -> Message:
    reply = ReplyFactory(parent=question, streaming=True)
    GenerationFactory(message=reply)
    return reply


def send(reply: Message, text: str, *, key: str = "", after: UUID | None = None) -> Queued | Sent:
    key, owner = key or f"key-of-{text}", reply.conversation.owner
    return actions.send_message(
        owner, reply.conversation_id, key=key, text=text, model_name="demo", after=after
    )


def end(reply: Message, outcome: Outcome | Status = Status.COMPLETE) -> None:
    outcome = Outcome(outcome) if isinstance(outcome, Status) else outcome
    settle(Fence(reply.pk, reply.conversation_id, 1), outcome)


def waiting() -> list[str]:
    return [message.text for message in QueuedMessage.objects.waiting()]


def path() -> list[tuple[str, str]]:
    messages = Message.objects.order_by("depth", "created_at")
    return [(message.content or message.role, message.status) for message in messages][2:]


def head() -> Message:
    found = Conversation.objects.select_related("head").get().head
    assert found
    return found


class TestWaiting:
    def test_what_is_sent_while_an_answer_runs_waits(self, running: Message) -> None:
        sent = [send(running, "one"), send(running, "two")]

        assert all(isinstance(one, Queued) and one.new for one in sent)
        assert waiting() == ["one", "two"]
        assert Conversation.objects.get().awaited == running
        assert Conversation.objects.get().queue_rev == Conversation.objects.get().rev == 2
        assert Message.objects.count() == 2

    @pytest.mark.parametrize("ending", [Status.COMPLETE, Status.STOPPED])
    def test_the_next_goes_below_the_answer_when_that_ends(self, running: Message, ending: Status) -> None:
        send(running, "one")
        send(running, "two")

        end(running, ending)

        assert path() == [("one", "complete"), ("assistant", "queued")]
        assert (head().parent.parent, waiting()) == (running, ["two"])
        assert Conversation.objects.get().awaited == head()

    def test_all_go_in_their_order(self, running: Message) -> None:
        for text in ("one", "two", "three"):
            send(running, text)

        end(running)
        for _ in range(2):
            Message.objects.filter(pk=head().pk).update(status=Status.STREAMING, attempt=1)
            GenerationFactory(message=head())
            end(head())

        assert [text for text, _ in path() if text != "assistant"] == ["one", "two", "three"]
        assert (waiting(), Conversation.objects.get().awaited) == ([], None)

    def test_stopping_what_nobody_writes_yet_lets_the_next_go(self, owner: User, question: Message) -> None:
        reply = ReplyFactory(parent=question, queued=True)
        send(reply, "one")

        actions.stop(owner, reply.conversation_id, reply.pk)

        assert path() == [("one", "complete"), ("assistant", "queued")]

    def test_an_answer_that_goes_on_elsewhere_is_still_awaited(self, running: Message) -> None:
        send(running, "one")

        end(running, LOST)

        assert (head().status, waiting()) == (Status.QUEUED, ["one"])
        assert Conversation.objects.get().awaited == running

    def test_it_has_an_end(self, running: Message, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(queue, "MOST_WAITING", 2)
        send(running, "one")
        send(running, "two")

        with pytest.raises(QueueFull):
            send(running, "three")

        assert waiting() == ["one", "two"]

    def test_it_holds_so_much_text(self, running: Message, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(queue, "MOST_TEXT", 6)
        sent = send(running, "one")

        with pytest.raises(QueueFull):
            send(running, "three")
        queue.revise(running.conversation.owner, running.conversation_id, sent.message.pk, text="three!")

        assert waiting() == ["three!"]

    def test_a_deleted_conversation_sends_nothing_more(self, owner: User, running: Message) -> None:
        send(running, "one")
        actions.delete(owner, running.conversation_id)

        end(running, Status.STOPPED)

        assert (path(), Conversation.objects.get().awaited) == ([], None)


class TestPausing:
    @pytest.mark.parametrize("outcome", [FAILED, Outcome(Status.INTERRUPTED, error_code=ErrorCode.CUT_OFF)])
    def test_it_pauses_behind_what_broke_off(self, running: Message, outcome: Outcome) -> None:
        send(running, "one")

        end(running, outcome)

        assert (waiting(), path()) == (["one"], [])
        conversation = Conversation.objects.get()
        assert (conversation.awaited, conversation.queue_rev) == (None, conversation.rev)

    def test_it_pauses_behind_what_is_no_more_the_end(self, owner: User, running: Message) -> None:
        send(running, "one")
        other = ReplyFactory(parent=running.parent)

        end(running)

        assert (waiting(), head()) == (["one"], other)
        assert Conversation.objects.get().awaited is None

    def test_it_resumes_when_somebody_says_so(self, owner: User, running: Message) -> None:
        send(running, "one")
        end(running, FAILED)

        sent = queue.resume(owner, running.conversation_id)

        assert (sent.question.content, sent.question.parent, waiting()) == ("one", running, [])
        assert head() == sent.reply

    def test_it_goes_on_behind_the_next_answer_that_ends_well(self, owner: User, running: Message) -> None:
        send(running, "one")
        end(running, FAILED)

        actions.regenerate(owner, running.conversation_id, running.pk, key="key-of-again")
        assert Conversation.objects.get().awaited == head()
        send(running, "two")

        assert waiting() == ["one", "two"]

    def test_a_message_sent_meanwhile_goes_first(self, running: Message) -> None:
        send(running, "one")
        end(running, FAILED)

        sent = send(running, "two")

        assert isinstance(sent, Sent)
        assert (waiting(), Conversation.objects.get().awaited) == (["one"], sent.reply)

    def test_there_must_be_something_to_resume(self, owner: User, running: Message) -> None:
        with pytest.raises(TooLate):
            queue.resume(owner, running.conversation_id)
        send(running, "one")
        with pytest.raises(TooLate):
            queue.resume(owner, running.conversation_id)

        assert (waiting(), Conversation.objects.get().rev) == (["one"], 1)


class TestChanging:
    def test_what_waits_can_be_put_in_other_words(self, owner: User, running: Message) -> None:
        sent = send(running, "one")

        queue.revise(owner, running.conversation_id, sent.message.pk, text="other")
        end(running)

        assert path()[0] == ("other", "complete")

    def test_what_waits_can_be_withdrawn_once_or_twice(self, owner: User, running: Message) -> None:
        sent = send(running, "one")

        for _ in range(2):
            queue.withdraw(owner, running.conversation_id, sent.message.pk)
        end(running)

        assert (path(), Conversation.objects.get().awaited) == ([], None)
        assert QueuedMessage.objects.get().text == ""

    def test_what_has_gone_out_stays_as_it_is(self, owner: User, running: Message) -> None:
        sent = send(running, "one")
        end(running)

        with pytest.raises(TooLate):
            queue.withdraw(owner, running.conversation_id, sent.message.pk)
        with pytest.raises(TooLate):
            queue.revise(owner, running.conversation_id, sent.message.pk, text="other")

        assert path()[0] == ("one", "complete")

    def test_a_strangers_queue_is_absent(self, stranger: User, running: Message) -> None:
        sent = send(running, "one")
        where = stranger, running.conversation_id

        for attempt in (
            partial(queue.revise, *where, sent.message.pk, text="other"),
            partial(queue.withdraw, *where, sent.message.pk),
            partial(queue.resume, *where),
        ):
            with pytest.raises(Conversation.DoesNotExist):
                attempt()

        assert waiting() == ["one"]

    def test_a_message_waits_in_its_own_conversation_alone(self, owner: User, running: Message) -> None:
        sent = send(running, "one")
        other = ReplyFactory(parent__conversation__owner=owner)

        with pytest.raises(QueuedMessage.DoesNotExist):
            queue.withdraw(owner, other.conversation_id, sent.message.pk)


class TestKeys:
    def test_a_key_waits_once(self, running: Message) -> None:
        first, again = send(running, "one"), send(running, "other", key="key-of-one")

        assert (again.message, again.new, waiting()) == (first.message, False, ["one"])

    def test_a_key_that_went_out_is_not_asked_again(self, running: Message) -> None:
        send(running, "one")
        end(running)

        again = send(running, "one")

        assert (again.reply, again.new, len(path())) == (head(), False, 2)

    def test_a_key_in_a_paused_queue_is_not_asked_beside_it(self, running: Message) -> None:
        send(running, "one")
        end(running, FAILED)

        assert not send(running, "one").new
        assert (waiting(), path()) == (["one"], [])

    def test_a_key_that_was_withdrawn_stays_withdrawn(self, owner: User, running: Message) -> None:
        sent = send(running, "one")
        queue.withdraw(owner, running.conversation_id, sent.message.pk)
        end(running)

        assert not send(running, "one").new
        assert (waiting(), path()) == ([], [])

    def test_a_key_of_the_tree_does_not_wait(self, owner: User, question: Message) -> None:
        sent = send(question, "one")

        assert send(question, "one").reply == sent.reply
        assert waiting() == []

    def test_a_key_that_waits_makes_no_branch(self, owner: User, running: Message) -> None:
        send(running, "one")
        where = owner, running.conversation_id

        with pytest.raises(KeyUsed):
            actions.edit(*where, running.parent_id, key="key-of-one", text="How?")
        with pytest.raises(KeyUsed):
            actions.regenerate(*where, running.pk, key="key-of-one")

        assert (Message.objects.count(), waiting()) == (2, ["one"])

    def test_a_key_that_has_gone_out_makes_no_branch(self, owner: User, running: Message) -> None:
        send(running, "one")
        end(running)

        for question in (running.parent, head().parent):
            with pytest.raises(KeyUsed):
                actions.edit(owner, running.conversation_id, question.pk, key="key-of-one", text="one")

        assert len(path()) == 2

    def test_an_answer_ends_and_all_is_asked_though_a_branch_has_the_key(self, running: Message) -> None:
        sent = send(running, "one")
        MessageFactory(parent=ReplyFactory(parent=running.parent), client_key="key-of-one")
        Conversation.objects.update(head=running)

        end(running)

        assert (head().parent.content, head().parent.parent) == ("one", running)
        assert queue.reply_to(sent.message.pk) == head()
        assert waiting() == []

    def test_a_trace_is_kept_for_a_while(self, owner: User, running: Message) -> None:
        sent = [send(running, "one"), send(running, "two"), send(running, "three")]
        for one in sent[:2]:
            queue.withdraw(owner, running.conversation_id, one.message.pk)
        QueuedMessage.objects.exclude(pk=sent[1].message.pk).update(created_at="2020-01-01T00:00Z")

        queue.forget()

        assert list(QueuedMessage.objects.order_by("place")) == [sent[1].message, sent[2].message]


class TestStaleness:
    def test_whoever_has_not_seen_what_the_queue_sent_may_send(self, running: Message) -> None:
        send(running, "one")
        end(running)

        send(running, "two", after=running.pk)

        assert waiting() == ["two"]

    def test_whoever_has_not_seen_what_somebody_sent_is_stale(self, reply: Message) -> None:
        send(reply, "one")

        with pytest.raises(actions.Stale):
            send(reply, "two", after=reply.pk)


class TestForgetting:
    @pytest.mark.parametrize(("status", "goes"), [("complete", True), ("stopped", True), ("failed", False)])
    def test_a_sweep_does_what_another_version_forgot(
        self, running: Message, status: str, goes: bool
    ) -> None:
        send(running, "one")
        Message.objects.filter(pk=running.pk).update(status=status)

        free_queues()
        free_queues()

        assert (waiting() == [], len(path())) == (goes, 2 if goes else 0)
        assert queue.forgotten() == []

    def test_a_sweep_leaves_a_running_one_alone(self, running: Message) -> None:
        send(running, "one")

        assert queue.forgotten() == []
        queue.catch_up(running.conversation_id)

        assert (waiting(), path()) == (["one"], [])

    def test_one_that_cannot_go_on_holds_up_no_other(self, running: Message) -> None:
        send(running, "one")
        Message.objects.filter(pk=running.pk).update(status=Status.COMPLETE)

        with patch("apps.chat.queue.catch_up", side_effect=RuntimeError):
            free_queues()

        assert waiting() == ["one"]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_ended_and_withdrawn_it_either_goes_or_does_not(self, owner: User, running: Message) -> None:
        sent = send(running, "one")

        def withdraw() -> bool:
            try:
                queue.withdraw(owner, running.conversation_id, sent.message.pk)
            except TooLate:
                return False
            return True

        withdrawn, _ = at_once(withdraw, partial(end, running))

        assert len(path()) == (0 if withdrawn else 2)
        expected = QueueState.WITHDRAWN if withdrawn else QueueState.SENT
        assert QueuedMessage.objects.get().state == expected

    def test_ended_twice_it_goes_once(self, running: Message, told: list[Event]) -> None:
        send(running, "one")

        def try_to_end() -> None:
            try:
                end(running)
            except Fenced:
                queue.catch_up(running.conversation_id)

        at_once(try_to_end, try_to_end, free_queues)

        assert len(path()) == 2
        assert told.count(ReplyQueued(message_id=head().pk)) == 1

    def test_resumed_twice_it_goes_once(self, owner: User, running: Message) -> None:
        send(running, "one")
        send(running, "two")
        end(running, FAILED)

        def resume() -> bool:
            try:
                queue.resume(owner, running.conversation_id)
            except NotPossible:
                return False
            return True

        assert sorted(at_once(resume, resume)) == [False, True]
        assert (waiting(), len(path())) == (["two"], 2)

    def test_a_key_sent_twice_is_stored_once(self, running: Message) -> None:
        one, other = at_once(*[lambda: send(running, "one")] * 2)

        assert (one.message, {one.new, other.new}) == (other.message, {True, False})
        assert waiting() == ["one"]

    def test_sent_as_the_answer_ends_it_is_asked_once(self, running: Message) -> None:
        at_once(partial(send, running, "one"), partial(end, running), partial(send, running, "one"))

        assert (len(path()), waiting()) == (2, [])

    def test_what_dies_before_its_commit_leaves_all_as_it_was(self, running: Message) -> None:
        send(running, "one")

        with patch("apps.chat.queue.ask", side_effect=SystemExit), pytest.raises(SystemExit):
            end(running)

        assert (head().status, waiting(), path()) == (Status.STREAMING, ["one"], [])
        end(running)
        assert (waiting(), len(path())) == ([], 2)


def test_without_a_queue_nobody_asks_for_it(running: Message) -> None:
    with CaptureQueriesContext(connection) as asked:
        end(running)
        send(running, "one")

    assert not [query for query in asked.captured_queries if 'FROM "chat_queuedmessage"' in query["sql"]]
