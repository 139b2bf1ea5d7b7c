from datetime import timedelta

import pytest
from django.utils import timezone

from apps.chat import actions
from apps.chat.models import Conversation, Message, Status, TitleState
from apps.generation import tasks, titles
from apps.llm.errors import Unauthorized, Unavailable
from tests.support.scripted_provider import ScriptedProvider, serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def conversation(reply) -> Conversation:
    Message.objects.filter(pk=reply.pk).update(status=Status.COMPLETE, content="Because.")
    Conversation.objects.update(title_state=TitleState.WANTED)
    return Conversation.objects.get()


def title() -> str:
    return Conversation.objects.get().title


def test_the_model_is_shown_the_first_exchange(conversation):
    with serving(ScriptedProvider(["Reasons"])) as provider:
        assert titles.write_title(conversation.pk)

    assert [turn.text for turn in provider.requests[0].turns[1:]] == ["Why?", "Because."]
    assert title() == "Reasons"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ('"Reasons."', "Reasons"),
        ("# Reasons\n\nand more", "Reasons"),
        ("\n\n  **Title: Reasons**", "Reasons"),
        ("a\x00b\r\nSet-Cookie: x", "ab"),
        ("word " * 100, ("word " * 16)[:79].rstrip() + "…"),
        ("\u200b\n \n", "Why?"),
        ("", "Why?"),
    ],
)
def test_an_odd_answer_becomes_a_plain_title(conversation, answer, expected):
    with serving(ScriptedProvider([answer] if answer else [])):
        titles.write_title(conversation.pk)

    assert title() == expected


def test_a_title_given_by_hand_is_never_overwritten(asker, conversation):
    provider = ScriptedProvider(["Late"])
    actions.rename(asker, conversation.pk, title="Mine")

    with serving(provider):
        assert not titles.write_title(conversation.pk)

    assert title() == "Mine"
    assert provider.requests == []


def test_a_rename_while_the_model_thinks_wins(asker, conversation):
    assert not actions.rename(asker, conversation.pk, title="Mine")
    assert not actions.give_title(conversation.pk, "Late")
    assert title() == "Mine"


def test_the_task_twice_is_one_title(conversation):
    with serving(ScriptedProvider(["Reasons"], ["Again"])) as provider:
        titles.write_title(conversation.pk)
        assert not titles.write_title(conversation.pk)

    assert title() == "Reasons"
    assert len(provider.requests) == 1


def test_the_schedule_finds_what_a_lost_queue_forgot(conversation):
    Conversation.objects.update(updated_at=timezone.now() - timedelta(minutes=2))

    assert titles.forgotten() == [conversation.pk]


@pytest.mark.parametrize("age", [timedelta(seconds=5), timedelta(days=3)])
def test_the_schedule_leaves_fresh_and_hopeless_ones_alone(conversation, age):
    Conversation.objects.update(updated_at=timezone.now() - age)

    assert titles.forgotten() == []


def test_a_title_that_the_provider_refuses_is_not_asked_for_again(conversation):
    with serving(ScriptedProvider([Unauthorized()])):
        tasks.write_title.apply(args=[str(conversation.pk)])

    assert Conversation.objects.get().title_state == TitleState.DONE
    assert title() == "Why?"


def test_a_title_that_fails_for_the_moment_stays_due(conversation):
    with serving(ScriptedProvider([Unavailable()])), pytest.raises(Exception):  # noqa: B017, PT011
        titles.write_title(conversation.pk)

    assert Conversation.objects.get().title_state == TitleState.WANTED


def test_a_broker_that_is_away_costs_nothing_but_time(conversation, monkeypatch, caplog):
    def away(*args: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(tasks.write_title, "delay", away)

    tasks.ask_for_title(conversation.pk)

    assert "No title task could be queued" in caplog.text
