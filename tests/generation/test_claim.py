import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from unittest.mock import Mock

import pytest
from django.db import OperationalError, connection, connections

from apps.chat import actions
from apps.chat.models import Conversation, Message, Status
from apps.chat.revisions import changing
from apps.generation import claim as claim_module
from apps.generation import prompt
from apps.generation.claim import Claim, claim_all, claim_waiting
from apps.generation.models import Generation
from apps.llm.errors import ErrorCode
from apps.llm.provider import Request, Turn

WORKER = uuid.uuid4()


@pytest.mark.django_db
def test_claims_the_oldest_reply_first(ask):
    replies = [ask(), ask(), ask()]

    claims = claim_waiting(WORKER, room=2)

    assert [won.message_id for won in claims] == [reply.pk for reply in replies[:2]]


@pytest.mark.django_db
def test_replies_claimed_together_each_get_their_own_revision(ask, reply):
    Conversation.objects.filter(pk=reply.conversation_id).update(rev=7)
    other = ask()

    claim_waiting(WORKER, room=2)

    for claimed, rev in ((reply, 8), (other, 2)):
        claimed.refresh_from_db()
        assert claimed.rev == claimed.conversation.rev == rev


@pytest.mark.django_db
def test_a_claim_names_the_attempt_and_records_it(reply):
    [won] = claim_waiting(WORKER, room=1)

    reply.refresh_from_db()
    assert (won.attempt, reply.attempt, reply.status) == (1, 1, Status.STREAMING)
    assert Generation.objects.get(message=reply).worker_id == WORKER


@pytest.mark.django_db
def test_a_claim_is_a_revision(reply):
    claim_waiting(WORKER, room=1)

    reply.refresh_from_db()
    assert reply.rev == reply.conversation.rev == 2


@pytest.mark.django_db
def test_a_second_worker_leaves_a_claimed_reply_alone(reply):
    claim_waiting(WORKER, room=1)
    rev = Message.objects.get(pk=reply.pk).rev

    assert claim_all(uuid.uuid4(), {reply.pk: reply.conversation_id}) == []
    assert Message.objects.get(pk=reply.pk).rev == rev
    assert Conversation.objects.get(pk=reply.conversation_id).rev == rev


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_claim(reply):
    together = Barrier(2)

    def compete(_: int) -> list[Claim]:
        together.wait(timeout=10)
        try:
            return claim_all(uuid.uuid4(), {reply.pk: reply.conversation_id})
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        claims = list(threads.map(compete, range(2)))

    assert sorted(map(len, claims)) == [0, 1]
    assert Generation.objects.filter(message=reply).count() == 1


@pytest.mark.skipif(connection.vendor == "sqlite", reason="a file has one lock")
@pytest.mark.django_db(transaction=True)
def test_who_holds_a_conversation_holds_up_no_other(ask, reply):
    other = ask()

    def compete() -> list[Claim]:
        try:
            return claim_waiting(WORKER, room=1)
        finally:
            connections.close_all()

    with changing(reply.conversation_id), ThreadPoolExecutor(1) as elsewhere:
        claims = elsewhere.submit(compete).result(timeout=10)

    assert [won.message_id for won in claims] == [other.pk]


@pytest.mark.django_db
def test_a_reply_waits_for_the_one_before_it_on_its_path(ask, reply):
    ask("And then?", reply.conversation_id)

    assert [won.message_id for won in claim_waiting(WORKER, room=9)] == [reply.pk]
    assert claim_waiting(WORKER, room=9) == []


@pytest.mark.django_db
def test_nothing_is_written_in_a_deleted_conversation_or_for_a_blocked_user(ask, asker):
    deleted = ask()
    actions.delete(asker, deleted.conversation_id)
    ask()
    asker.is_active = False
    asker.save()

    assert claim_waiting(WORKER, room=9) == []


@pytest.mark.django_db
def test_the_model_is_told_the_path_that_leads_to_the_reply(ask, reply):
    Message.objects.filter(pk=reply.pk).update(status=Status.COMPLETE, content="Because.")
    ask("Really?", reply.conversation_id)

    [won] = claim_waiting(WORKER, room=1)

    assert won.request.turns == (Turn("user", "Why?"), Turn("assistant", "Because."), Turn("user", "Really?"))


@pytest.mark.django_db
def test_a_continued_reply_goes_on_behind_its_text(reply):
    Message.objects.filter(pk=reply.pk).update(content="Because")

    [won] = claim_waiting(WORKER, room=1)

    assert (won.start, won.request.reply_so_far) == (7, "Because")


@pytest.fixture
def bad(ask, monkeypatch) -> Message:
    """A reply, the first in the queue, whose prompt cannot be made."""
    bad = ask("Bad?")

    def request_for(reply: Message) -> Request:
        if reply.pk == bad.pk:
            raise KeyError("bad")
        return prompt.request_for(reply)

    monkeypatch.setattr(claim_module, "request_for", request_for)
    return bad


@pytest.mark.django_db
def test_a_reply_that_cannot_be_claimed_fails_alone(ask, bad):
    good = [ask(), ask()]

    claims = claim_waiting(WORKER, room=9)

    bad.refresh_from_db()
    assert [won.message_id for won in claims] == [reply.pk for reply in good]
    assert (bad.status, bad.error_code, bad.rev) == (Status.FAILED, ErrorCode.INTERNAL, bad.conversation.rev)
    assert claim_waiting(WORKER, room=9) == []


@pytest.mark.django_db
def test_a_claim_without_a_prompt_is_none(reply, monkeypatch):
    monkeypatch.setattr(claim_module, "request_for", Mock(side_effect=OperationalError))

    with pytest.raises(OperationalError):
        claim_waiting(WORKER, room=1)

    reply.refresh_from_db()
    assert (reply.status, reply.attempt, reply.generations.count()) == (Status.QUEUED, 0, 0)


@pytest.mark.django_db
def test_what_is_claimed_is_written_although_the_database_goes_away(ask, bad, monkeypatch):
    replies = [ask(), ask()]
    claims = Mock(side_effect=[Mock(), OperationalError])
    monkeypatch.setattr(claim_module, "claim", claims)

    assert len(claim_waiting(WORKER, room=9)) == 1
    assert Message.objects.claimable().count() == len([bad, *replies])
