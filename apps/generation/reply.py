"""One reply, from claim to final state."""

import asyncio
import logging
import time
from contextlib import aclosing

from django.db import InterfaceError, OperationalError

from apps import metrics, trace
from apps.bridge import in_database, in_queue
from apps.chat.models import Status
from apps.chat.text import MAX_REPLY, clean
from apps.generation.claim import Fenced, remember
from apps.generation.journal import Journal
from apps.generation.settle import Outcome, settle
from apps.generation.tasks import ask_for_title
from apps.generation.writing import Ending, Writing
from apps.llm.errors import ErrorCode, ProviderError
from apps.llm.provider import Begun, Finish, FinishReason
from apps.llm.registry import provider_for

logger = logging.getLogger(__name__)

MOST_TRIES = 3  # calls of the provider while nothing has been written
BACKOFF = 0.5  # seconds before the second call, doubled for the third
LONGEST_WAIT = 10.0  # seconds a provider may ask us to wait before we give up instead
DATABASE_RETRY = 1.0


class ReplyTooLong(Exception):
    """The model has written as much as a reply may hold."""


async def write_reply(writing: Writing, journal: Journal) -> None:
    """Have the reply written and settle it, whatever happens."""
    with trace.following(writing.claim.request_id), metrics.RUNNING.track_inprogress():
        logger.info("Reply %s is taken up, attempt %d", writing.claim.message_id, writing.claim.attempt)
        journal.open(writing)
        try:
            outcome = await _outcome(writing, journal)
        finally:
            await journal.close(writing)
        if writing.ending is not Ending.FENCED:
            await asyncio.gather(_settle(writing, outcome), _end_upstream(writing, outcome))


async def _outcome(writing: Writing, journal: Journal) -> Outcome:
    if writing.ending is not None:  # from outside, before the first step
        return _ended(writing)
    writing.task = asyncio.create_task(_stream(writing, journal))
    try:
        finish = await writing.task
    except asyncio.CancelledError:
        if writing.ending is None:
            raise
        return _ended(writing)
    except ProviderError as error:
        return _broken(writing, error.code)
    except ReplyTooLong:
        return _broken(writing, ErrorCode.REPLY_TOO_LONG)
    except Exception:
        logger.exception("Reply %s failed", writing.claim.message_id)
        return _broken(writing, ErrorCode.INTERNAL)
    return _finished(writing, finish)


async def _stream(writing: Writing, journal: Journal) -> Finish:
    """The finish of the first call that gets anywhere; nothing written may be asked for twice."""
    for tries in range(1, MOST_TRIES + 1):
        try:
            return await _timed_call(writing, journal)
        except ProviderError as error:
            wait = error.retry_after or BACKOFF * 2 ** (tries - 1)
            if (
                writing.first_text_ms is not None
                or not error.retryable
                or tries == MOST_TRIES
                or wait > LONGEST_WAIT
            ):
                raise
            await asyncio.sleep(wait)
    raise AssertionError("unreachable")


async def _timed_call(writing: Writing, journal: Journal) -> Finish:
    began, outcome = time.monotonic(), "ended"  # from outside, unless it says otherwise
    try:
        finish = await _call(writing, journal)
        outcome = finish.reason
    except ProviderError as error:
        outcome = error.code
        raise
    else:
        return finish
    finally:
        took = metrics.CALL_SECONDS.labels(writing.claim.request.model_name, outcome)
        took.observe(time.monotonic() - began)


async def _call(writing: Writing, journal: Journal) -> Finish:
    request = writing.claim.request
    async with aclosing(provider_for(request.model_name).stream(request)) as items:
        async for item in items:
            if isinstance(item, Finish):
                return item
            if isinstance(item, Begun):
                await _remember(writing, item.reference)
                continue
            text = clean(item.text)[: MAX_REPLY - writing.length]
            if text:
                await journal.add(writing, text)
            if writing.length >= MAX_REPLY:
                raise ReplyTooLong
    raise AssertionError("a provider ended without a Finish")


async def _remember(writing: Writing, reference: str) -> None:
    """Store, before any text, where the reply is written upstream: the next worker finds it there."""
    writing.reference = reference
    while True:
        try:
            return await in_database(remember)(writing.claim, reference)
        except (OperationalError, InterfaceError) as error:
            message_id = writing.claim.message_id
            logger.warning("Reply %s cannot be marked yet: %s", message_id, type(error).__name__)
            await asyncio.sleep(DATABASE_RETRY)


async def _end_upstream(writing: Writing, outcome: Outcome) -> None:
    """End what goes on at the provider and nobody will read; after a shutdown, the next worker does."""
    if not writing.reference or outcome.status == Status.COMPLETE or writing.ending is Ending.SHUTDOWN:
        return
    try:
        await provider_for(writing.claim.request.model_name).cancel(writing.reference)
    except ProviderError as error:
        logger.warning("Reply %s may go on upstream: %s", writing.claim.message_id, error.code)


def _finished(writing: Writing, finish: Finish) -> Outcome:
    if writing.length == 0:
        refused = finish.reason == FinishReason.CONTENT_FILTER
        return _broken(writing, ErrorCode.REFUSED if refused else ErrorCode.BAD_RESPONSE)
    return Outcome(
        Status.COMPLETE,
        finish_reason=finish.reason,
        usage=finish.usage,
        model_name=finish.model_name,
        first_text_ms=writing.first_text_ms,
        duration_ms=writing.elapsed_ms,
    )


def _broken(writing: Writing, code: ErrorCode) -> Outcome:
    status = Status.INTERRUPTED if writing.length else Status.FAILED
    return Outcome(
        status, error_code=code, first_text_ms=writing.first_text_ms, duration_ms=writing.elapsed_ms
    )


def _ended(writing: Writing) -> Outcome:
    if writing.ending is Ending.STOPPED:
        return Outcome(Status.STOPPED, first_text_ms=writing.first_text_ms, duration_ms=writing.elapsed_ms)
    return _broken(writing, ErrorCode.SHUTDOWN if writing.ending is Ending.SHUTDOWN else ErrorCode.INTERNAL)


async def _settle(writing: Writing, outcome: Outcome) -> None:
    """Store the end; while the database is away, keep it and try again."""
    claim, text = writing.claim, "" if writing.ending is Ending.POISONED else writing.unstored
    while True:
        try:
            wants_title = await in_database(settle)(claim, outcome, start=writing.start, text=text)
        except Fenced:
            return
        except (OperationalError, InterfaceError) as error:
            logger.warning("Reply %s cannot be settled yet: %s", claim.message_id, type(error).__name__)
            await asyncio.sleep(DATABASE_RETRY)
        except Exception:
            logger.exception("Reply %s is settled without its last text", claim.message_id)
            if not text:
                raise
            text, outcome = "", _broken(writing, ErrorCode.INTERNAL)
        else:
            _count(writing, outcome)
            if wants_title:
                await in_queue(ask_for_title)(claim.conversation_id)
            return


def _count(writing: Writing, outcome: Outcome) -> None:
    logger.info("Reply %s is %s after %s ms", writing.claim.message_id, outcome.status, outcome.duration_ms)
    model = writing.claim.request.model_name
    metrics.SETTLED.labels(outcome.status, outcome.error_code, model).inc()
    if outcome.first_text_ms is not None:
        metrics.FIRST_TEXT_SECONDS.labels(model).observe(outcome.first_text_ms / 1000)
    if outcome.usage:
        metrics.TOKENS.labels("prompt", model).inc(outcome.usage.prompt_tokens or 0)
        metrics.TOKENS.labels("completion", model).inc(outcome.usage.completion_tokens or 0)
