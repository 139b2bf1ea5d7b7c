import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.chat.models import Message
from apps.generation.reading import MOST_ATTEMPTS
from apps.web import wording
from apps.web.details import details_of
from tests.chat.test_reading import queries
from tests.factories import GenerationFactory, ReplyFactory

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def reply(owner: User) -> Message:
    return ReplyFactory(parent__conversation__owner=owner)


def test_it_counts_tokens_and_speed(reply: Message) -> None:
    GenerationFactory(message=reply, error_code="cut_off", duration_ms=900, completion_tokens=None)
    counted = {"prompt_tokens": 12, "completion_tokens": 80, "finish_reason": "stop"}
    GenerationFactory(message=reply, attempt=2, first_text_ms=500, duration_ms=2_500, **counted)

    details = details_of(reply)

    assert details.last
    assert (details.prompt_tokens, details.completion_tokens) == (12, 80)
    assert (details.last.first_text, details.last.duration, details.last.speed) == (0.5, 2.5, 40.0)
    outcomes = [wording.ERRORS["cut_off"], wording.FINISHES["stop"]]
    assert [attempt.outcome for attempt in details.attempts] == outcomes


def test_what_nobody_counted_is_not_made_up(reply: Message) -> None:
    GenerationFactory(message=reply, first_text_ms=7, duration_ms=7, completion_tokens=3)

    details = details_of(reply)

    assert details.last
    assert (details.prompt_tokens, details.last.speed) == (None, None)


def test_many_attempts_cost_one_query_and_the_newest_are_told(reply: Message) -> None:
    for attempt in range(1, MOST_ATTEMPTS + 5):
        GenerationFactory(message=reply, attempt=attempt)

    assert queries(lambda: details_of(reply)) == 1
    assert [attempt.number for attempt in details_of(reply).attempts] == list(range(5, MOST_ATTEMPTS + 5))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, wording.RUNNING),
        ({"duration_ms": 5}, wording.STOPPED),
        ({"duration_ms": 5, "finish_reason": "length"}, wording.LENGTH),
        ({"duration_ms": 5, "finish_reason": "content_filter"}, wording.FINISHES["content_filter"]),
        ({"error_code": "rate_limited"}, wording.ERRORS["rate_limited"]),
        ({"error_code": "of tomorrow"}, wording.ERRORS["internal"]),
    ],
)
def test_every_attempt_is_told_in_words(reply: Message, fields: dict[str, object], sentence: str) -> None:
    assert wording.outcome(GenerationFactory.build(message=reply, **fields)) == sentence


@pytest.mark.parametrize("name", ["details", "feedback"])
def test_it_is_a_fragment_for_htmx_and_a_page_for_anyone_else(
    page: Client, reply: Message, name: str
) -> None:
    url = reverse(name, args=[reply.conversation_id, reply.pk])

    fragment, whole = (page.get(url, headers=headers).content.decode() for headers in (HTMX, {}))

    assert ("<html" in fragment, "<html" in whole) == (False, True)
    assert 'id="sheet-title"' in fragment
    assert 'id="sheet-title"' in whole


def test_the_form_for_a_note_posts_without_scripts(page: Client, owner: User, reply: Message) -> None:
    reply.feedback.create(user=owner, verdict="down", note="<b>Wrong")
    html = page.get(reverse("feedback", args=[reply.conversation_id, reply.pk])).content.decode()
    assert "&lt;b&gt;Wrong</textarea>" in html
    assert "csrfmiddlewaretoken" in html

    page.post(f"/c/{reply.conversation_id}/note/", {"message": str(reply.pk), "text": "Too long."})

    assert reply.feedback.get().note == "Too long."
