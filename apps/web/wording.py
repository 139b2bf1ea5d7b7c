"""The sentences that people read for our codes; nobody else words them."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.chat.models import Message, Status
from apps.generation.models import Generation
from apps.llm.errors import ErrorCode
from apps.llm.provider import FinishReason

Sentence = str | Promise


@dataclass(frozen=True)
class Rejection:
    """Why a wish was not granted; `again` says that the same wish may be granted a moment later."""

    sentence: Sentence
    again: bool = False


ERRORS: dict[str, Sentence] = {
    ErrorCode.RATE_LIMITED: _(
        "The model is getting too many requests at the moment. Wait a little, then try again."
    ),
    ErrorCode.CONTEXT_TOO_LONG: _(
        "This conversation has become too long for the model. Start a new one to go on."
    ),
    ErrorCode.REFUSED: _("The model’s provider declined to answer this. Put it in other words."),
    ErrorCode.UNAUTHORIZED: _(
        "The model’s provider did not accept Colloquy’s key. An administrator has to check it."
    ),
    ErrorCode.MODEL_NOT_FOUND: _(
        "The model’s provider does not know this model. An administrator has to check its name."
    ),
    ErrorCode.INVALID_REQUEST: _(
        "The model’s provider could not work with this request. Put it in other words."
    ),
    ErrorCode.UNAVAILABLE: _("The model cannot be reached right now. Try again in a moment."),
    ErrorCode.TIMED_OUT: _("The model took too long to answer. Try again, or ask for less at once."),
    ErrorCode.BAD_RESPONSE: _(
        "The model’s server sent something that is not an answer. An administrator has to look at it if it "
        "happens again."
    ),
    ErrorCode.CUT_OFF: _("The connection to the model broke off before the answer was finished."),
    ErrorCode.REPLY_TOO_LONG: _(
        "The answer is as long as Colloquy can store. Ask for the rest in a new message."
    ),
    ErrorCode.INTERNAL: _("Something went wrong in Colloquy itself. It has been recorded."),
    ErrorCode.WORKER_LOST: _("The answer was interrupted when Colloquy stopped unexpectedly."),
    ErrorCode.SHUTDOWN: _("The answer was interrupted by a restart of Colloquy."),
}
STOPPED = _("You stopped this answer.")
LENGTH = _("The answer reached the model’s length limit.")
CONTINUE = _("“Continue” goes on from here.")
CONTINUE_OR_AGAIN = _("“Continue” goes on from here, “Try again” writes another version.")
AGAIN = _("“Try again” asks the model once more.")
AT_ITS_END = {ErrorCode.CONTEXT_TOO_LONG, ErrorCode.REPLY_TOO_LONG}  # continuing would end the same way
SELF_EXPLAINED = {  # these sentences say what to do where nothing can be continued
    ErrorCode.RATE_LIMITED,
    ErrorCode.REFUSED,
    ErrorCode.UNAUTHORIZED,
    ErrorCode.MODEL_NOT_FOUND,
    ErrorCode.INVALID_REQUEST,
    ErrorCode.UNAVAILABLE,
    ErrorCode.TIMED_OUT,
}
RUNNING = _("It is being written.")
FINISHES: dict[str, Sentence] = {
    FinishReason.STOP: _("It was finished."),
    FinishReason.LENGTH: LENGTH,
    FinishReason.CONTENT_FILTER: _("The model’s provider ended it."),
}

REJECTIONS: dict[str, Sentence] = {
    "not_text": _("This is not text."),
    "blank": _("Write something first."),
    "too_long": _("This is too long. Shorten it and send it again."),
    "required": _("This request could not be understood."),
    "invalid": _("This request could not be understood."),
    "unknown_command": _("This request could not be understood."),
    "absent": _("This conversation does not exist any more."),
    "stale": _(
        "This conversation has gone on elsewhere. Have a look; "
        "your text is still here, and you can send it again."
    ),
    "gone_out": _("This message has gone out already."),
    "queue_full": _("Too much is waiting here already. Let some of it go out first."),
    "key_used": _(
        "This could not be told from something sent before. "
        "Your text is still here; change a word and send it again."
    ),
    "not_possible": _("That is no longer possible here: the answer has changed meanwhile."),
    "no_such_model": _("This model is not offered any more. Choose another."),
    "too_many": _("That is too much at once. Wait a moment and send it again."),
    "unavailable": _("This could not be stored just now. Try again in a moment; nothing you wrote is lost."),
}
TRANSIENT = {"unavailable", "too_many"}


def problem(message: Message) -> Sentence:
    """What a reader must know about how a reply ended; empty if it simply ended."""
    if message.status == Status.STOPPED:
        return STOPPED
    if message.status in (Status.INTERRUPTED, Status.FAILED):
        return ERRORS.get(message.error_code, ERRORS[ErrorCode.INTERNAL])
    return LENGTH if message.can_continue else ""


def advice(message: Message) -> Sentence:
    """What the buttons below a problem are for, where its own sentence leaves that open."""
    if message.error_code in AT_ITS_END:
        return ""
    if message.can_continue:
        return CONTINUE if message.status == Status.COMPLETE else CONTINUE_OR_AGAIN
    if message.status == Status.FAILED and message.error_code not in SELF_EXPLAINED:
        return AGAIN
    return ""


def outcome(attempt: Generation) -> Sentence:
    """What became of one attempt to write a reply."""
    if attempt.error_code:
        return ERRORS.get(attempt.error_code, ERRORS[ErrorCode.INTERNAL])
    if attempt.duration_ms is None:
        return RUNNING
    return FINISHES.get(attempt.finish_reason, STOPPED)


def rejection(code: str) -> Rejection:
    return Rejection(REJECTIONS.get(code, REJECTIONS["invalid"]), again=code in TRANSIENT)
