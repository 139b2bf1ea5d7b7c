import pytest

from apps.chat.models import Message, Status
from apps.llm.errors import ErrorCode
from apps.web import wording


@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_has_a_sentence(code: ErrorCode) -> None:
    for status in (Status.FAILED, Status.INTERRUPTED):
        sentence = str(wording.problem(Message(status=status, error_code=code)))

        assert sentence == str(wording.ERRORS[code])
        assert sentence.endswith(".")
        assert code not in sentence


def test_no_sentence_stands_for_two_errors() -> None:
    assert len({str(sentence) for sentence in wording.ERRORS.values()}) == len(ErrorCode)


@pytest.mark.parametrize(
    ("status", "finish_reason", "sentence"),
    [
        (Status.QUEUED, "", ""),
        (Status.STREAMING, "", ""),
        (Status.COMPLETE, "stop", ""),
        (Status.COMPLETE, "content_filter", ""),
        (Status.COMPLETE, "length", wording.LENGTH),
        (Status.STOPPED, "", wording.STOPPED),
        (Status.INTERRUPTED, "", wording.ERRORS[ErrorCode.INTERNAL]),
        (Status.FAILED, "", wording.ERRORS[ErrorCode.INTERNAL]),
    ],
)
def test_every_way_to_end_is_told_or_needs_no_word(status: str, finish_reason: str, sentence: str) -> None:
    assert wording.problem(Message(status=status, finish_reason=finish_reason)) == sentence


@pytest.mark.parametrize(
    ("status", "error_code", "finish_reason", "sentence"),
    [
        (Status.STOPPED, "", "", wording.CONTINUE_OR_AGAIN),
        (Status.INTERRUPTED, "cut_off", "", wording.CONTINUE_OR_AGAIN),
        (Status.INTERRUPTED, "reply_too_long", "", ""),
        (Status.FAILED, "internal", "", wording.AGAIN),
        (Status.FAILED, "rate_limited", "", ""),
        (Status.COMPLETE, "", "length", wording.CONTINUE),
        (Status.COMPLETE, "", "stop", ""),
        (Status.STREAMING, "", "", ""),
    ],
)
def test_the_buttons_below_an_unfinished_answer_are_explained(
    status: str, error_code: str, finish_reason: str, sentence: str
) -> None:
    message = Message(status=status, error_code=error_code, finish_reason=finish_reason)

    assert wording.advice(message) == sentence


def test_every_status_has_been_thought_of() -> None:
    assert set(Status) == {"queued", "streaming", "complete", "stopped", "interrupted", "failed"}


@pytest.mark.parametrize("code", [*wording.REJECTIONS, "a code of tomorrow"])
def test_every_rejection_has_a_sentence(code: str) -> None:
    sentence = str(wording.rejection(code).sentence)

    assert sentence.endswith((".", "!"))
    assert code not in sentence.split()
