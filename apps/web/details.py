"""How a reply came to be, as its reader may ask."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.chat.models import Message
from apps.generation.models import Generation
from apps.generation.reading import attempts_at_each
from apps.web import wording
from apps.web.wording import Sentence

MS = 1000


@dataclass(frozen=True)
class Attempt:
    """One go at a reply; None is what nobody has counted. Times are seconds, `speed` tokens a second."""

    number: int
    started_at: datetime
    model_name: str
    prompt_tokens: int | None
    completion_tokens: int | None
    first_text: float | None
    duration: float | None
    speed: float | None
    outcome: Sentence
    error_code: str


@dataclass(frozen=True)
class Details:
    """`last` is the attempt that ended the reply, or that writes it; None for one that nobody has begun."""

    message: Message
    last: Attempt | None
    attempts: list[Attempt]
    prompt_tokens: int | None
    completion_tokens: int | None


def details_of(message: Message) -> Details:
    """Reads the database."""
    return details_of_each([message])[message.pk]


def details_of_each(messages: Collection[Message]) -> dict[UUID, Details]:
    """The same for several, by id."""
    attempts = attempts_at_each([message.pk for message in messages])
    return {message.pk: _details(message, attempts[message.pk]) for message in messages}


def _details(message: Message, generations: Iterable[Generation]) -> Details:
    attempts = [_attempt(generation) for generation in generations]
    return Details(
        message,
        last=attempts[-1] if attempts else None,
        attempts=attempts,
        prompt_tokens=_sum(attempt.prompt_tokens for attempt in attempts),
        completion_tokens=_sum(attempt.completion_tokens for attempt in attempts),
    )


def _attempt(generation: Generation) -> Attempt:
    return Attempt(
        number=generation.attempt,
        started_at=generation.started_at,
        model_name=generation.model_name,
        prompt_tokens=generation.prompt_tokens,
        completion_tokens=generation.completion_tokens,
        first_text=_seconds(generation.first_text_ms),
        duration=_seconds(generation.duration_ms),
        speed=_speed(generation),
        outcome=wording.outcome(generation),
        error_code=generation.error_code,
    )


def _speed(generation: Generation) -> float | None:
    """From the first text on: what came before was waiting."""
    if not generation.completion_tokens or generation.duration_ms is None or generation.first_text_ms is None:
        return None
    written_in = generation.duration_ms - generation.first_text_ms
    return generation.completion_tokens * MS / written_in if written_in > 0 else None


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / MS


def _sum(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
