import uuid

import pytest

from apps.accounts.models import User
from apps.chat import actions
from apps.chat.actions import NotPossible, Stale
from apps.chat.asking import KeyUsed
from apps.chat.models import Conversation, Message, Status
from tests.chat.test_actions import edit, regenerate, rows, send
from tests.factories import MessageFactory, ReplyFactory

pytestmark = pytest.mark.django_db


class TestRegenerating:
    def test_a_reply_without_text_is_written_in_its_row(self, owner: User, question: Message) -> None:
        failed = ReplyFactory(parent=question, failed=True)

        regenerate(owner, question.conversation_id, failed.pk)

        failed.refresh_from_db()
        assert (failed.status, failed.error_code, failed.rev) == (Status.QUEUED, "", 1)
        assert question.children.get() == failed

    @pytest.mark.parametrize("trait", [{}, {"stopped": True}, {"finish_reason": "length"}])
    def test_a_reply_with_text_is_kept_beside_the_new_one(
        self, owner: User, question: Message, trait: dict[str, object]
    ) -> None:
        old = ReplyFactory(parent=question, content="Bec", **trait)

        new = regenerate(owner, question.conversation_id, old.pk)

        conversation = Conversation.objects.get(pk=question.conversation_id)
        assert Message.objects.filter(pk=old.pk, content="Bec", status=old.status, rev=0).exists()
        assert (conversation.head, new.parent, new.status) == (new, question, Status.QUEUED)
        assert conversation.path_rev == conversation.rev == new.rev

    def test_an_answer_further_up_makes_a_branch(self, owner: User, reply: Message) -> None:
        below = ReplyFactory(parent=MessageFactory(parent=reply))

        new = regenerate(owner, reply.conversation_id, reply.pk)

        assert Conversation.objects.get(pk=reply.conversation_id).head == new
        assert Message.objects.newest_leaf(reply.pk) == below.pk

    @pytest.mark.parametrize("trait", [{}, {"failed": True}])
    @pytest.mark.parametrize("later", [{}, {"status": "complete", "content": "So."}])
    def test_the_same_key_writes_nothing_more(
        self, owner: User, question: Message, trait: dict[str, object], later: dict[str, object]
    ) -> None:
        old = ReplyFactory(parent=question, **trait)
        new = regenerate(owner, question.conversation_id, old.pk)
        Message.objects.filter(pk=new.pk).update(**{"status": "queued", **later})
        count = question.children.count()

        assert regenerate(owner, question.conversation_id, old.pk) == new

        assert (question.children.count(), Conversation.objects.get().rev) == (count, 1)

    def test_only_one_alternative_is_written_at_a_time(self, owner: User, reply: Message) -> None:
        new = regenerate(owner, reply.conversation_id, reply.pk)

        for each in (reply, new):
            with pytest.raises(NotPossible):
                regenerate(owner, reply.conversation_id, each.pk, key="another-key")

        assert reply.parent.children.count() == 2

    def test_a_key_writes_one_reply_anew(self, owner: User, reply: Message) -> None:
        other = ReplyFactory(parent=MessageFactory(parent=reply))
        regenerate(owner, reply.conversation_id, reply.pk)

        with pytest.raises(KeyUsed):
            regenerate(owner, reply.conversation_id, other.pk)

        assert Message.objects.count() == 5

    def test_a_key_of_a_question_is_no_key_of_a_reply(self, owner: User, reply: Message) -> None:
        send(owner, reply.conversation_id)

        with pytest.raises(NotPossible):
            regenerate(owner, reply.conversation_id, reply.pk)


class TestEditing:
    def test_the_edited_question_stands_beside_the_old_one(self, owner: User, reply: Message) -> None:
        old = MessageFactory(parent=reply, content="Wy?")
        below = ReplyFactory(parent=old)

        new = edit(owner, old.conversation_id, old.pk)

        conversation = Conversation.objects.get(pk=old.conversation_id)
        old.refresh_from_db()
        assert (old.content, old.rev, old.children.get()) == ("Wy?", 0, below)
        assert (new.question.content, new.question.parent, new.reply.parent) == ("How?", reply, new.question)
        assert (conversation.head, conversation.path_rev) == (new.reply, conversation.rev)

    def test_the_first_question_can_be_edited(self, owner: User, reply: Message) -> None:
        first = reply.parent

        new = edit(owner, first.conversation_id, first.pk).question

        assert (new.parent, new.depth) == (None, 0)
        assert list(Message.objects.siblings_of(first)) == [first, new]

    def test_the_same_key_stores_nothing_new(self, owner: User, question: Message) -> None:
        first = edit(owner, question.conversation_id, question.pk)

        again = edit(owner, question.conversation_id, question.pk, text="other words")

        assert (again.question, again.reply, again.new) == (first.question, first.reply, False)
        assert (Message.objects.count(), Conversation.objects.get().rev) == (3, 1)

    def test_a_key_edits_one_question(self, owner: User, reply: Message) -> None:
        other = MessageFactory(parent=reply)
        first = edit(owner, reply.conversation_id, reply.parent_id)

        for question in (other, first.question):
            with pytest.raises(KeyUsed):
                edit(owner, reply.conversation_id, question.pk)

        assert Message.objects.count() == 5

    def test_a_question_may_be_edited_while_its_answer_is_written(
        self, owner: User, question: Message
    ) -> None:
        running = ReplyFactory(parent=question, streaming=True)

        new = edit(owner, question.conversation_id, question.pk)

        assert set(Message.objects.live()) == {running, new.reply}

    def test_a_reply_is_no_question(self, owner: User, reply: Message) -> None:
        with pytest.raises(NotPossible):
            edit(owner, reply.conversation_id, reply.pk)

        assert Message.objects.count() == 2


class TestStaleSenders:
    def test_a_sender_who_saw_the_last_message_may_go_on(self, owner: User, reply: Message) -> None:
        assert send(owner, reply.conversation_id, after=reply.pk).question.parent == reply

    def test_nothing_is_stored_behind_what_the_sender_has_not_seen(
        self, owner: User, question: Message, reply: Message
    ) -> None:
        for after in (question.pk, uuid.uuid4()):
            with pytest.raises(Stale):
                send(owner, reply.conversation_id, after=after)

        assert (len(rows(reply.conversation_id)), Conversation.objects.get().rev) == (2, 0)

    def test_a_repeated_send_is_not_stale(self, owner: User, reply: Message) -> None:
        first = send(owner, reply.conversation_id, after=reply.pk)

        assert send(owner, reply.conversation_id, after=reply.pk).question == first.question

    def test_a_new_conversation_has_no_last_message(self, owner: User) -> None:
        with pytest.raises(Stale):
            send(owner, uuid.uuid4(), after=uuid.uuid4())

        assert not Conversation.objects.exists()


class TestChoosing:
    def test_the_shown_path_goes_down_to_the_newest_leaf(self, owner: User, question: Message) -> None:
        first = ReplyFactory(parent=question)
        ReplyFactory(parent=MessageFactory(parent=first))
        newest_below = ReplyFactory(parent=MessageFactory(parent=first))
        ReplyFactory(parent=question)

        actions.choose(owner, question.conversation_id, first.pk)

        conversation = Conversation.objects.get(pk=question.conversation_id)
        assert conversation.head == newest_below
        assert (conversation.rev, conversation.path_rev) == (1, 1)

    def test_it_is_where_the_branch_was_last_written_in(self, owner: User, question: Message) -> None:
        used = ReplyFactory(parent=question)
        ReplyFactory(parent=question)
        last = ReplyFactory(parent=MessageFactory(parent=used))
        elsewhere = edit(owner, question.conversation_id, question.pk)

        actions.choose(owner, question.conversation_id, question.pk)
        assert Conversation.objects.get().head == last

        actions.choose(owner, question.conversation_id, elsewhere.question.pk)
        assert Conversation.objects.get().head == elsewhere.reply

    def test_the_next_message_goes_on_from_the_chosen_branch(self, owner: User, question: Message) -> None:
        first = ReplyFactory(parent=question)
        ReplyFactory(parent=question)
        actions.choose(owner, question.conversation_id, first.pk)

        assert send(owner, question.conversation_id).question.parent == first
