"""Which of our errors an upstream means. What it says is read here and goes no further."""

import math
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from time import time

from apps.llm.errors import (
    BadResponse,
    ContextTooLong,
    InvalidRequest,
    ModelNotFound,
    ProviderError,
    RateLimited,
    Refused,
    TimedOut,
    Unauthorized,
    Unavailable,
)

MAX_RETRY_AFTER = 3600.0  # seconds; nobody waits longer for a reply
MAX_WORDING = 4096  # characters of an upstream's message that are looked at

# Gateways agree on few codes, so the wording is read too. The first pattern that matches decides.
WORDINGS: tuple[tuple[re.Pattern[str], type[ProviderError]], ...] = (
    (
        re.compile(
            r"context_length|context[ _](length|window|size)|maximum context|prompt is too long"
            r"|too many (input )?tokens|string_above_max_length|request[ _]too[ _]large",
            re.IGNORECASE,
        ),
        ContextTooLong,
    ),
    (
        re.compile(
            r"content[ _-]?(filter|policy|management)|moderation|safety system|responsible ai|usage polic"
            r"|invalid_prompt|bio_policy|policy_violation",
            re.IGNORECASE,
        ),
        Refused,
    ),
    (
        re.compile(
            r"model_not_found|model\b.{0,200}\b(not found|does not exist|not exist)"
            r"|(unknown|invalid|no such) model",
            re.IGNORECASE | re.DOTALL,
        ),
        ModelNotFound,
    ),
    (re.compile(r"rate[ _]?limit|insufficient_quota|too many requests", re.IGNORECASE), RateLimited),
    (re.compile(r"invalid_api_key|authentication|unauthorized|api key", re.IGNORECASE), Unauthorized),
    (re.compile(r"time[d]?[ _-]?out", re.IGNORECASE), TimedOut),
    (re.compile(r"overloaded|unavailable|server_error|internal error", re.IGNORECASE), Unavailable),
)
STATUSES_OF_REFUSAL = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY)
CAUSES_OF_REFUSAL = (ContextTooLong, Refused, ModelNotFound)

FAILURE_STATUS = re.compile(r"[45][0-9]{2}")
STATUSES: dict[int, type[ProviderError]] = {
    401: Unauthorized,
    402: RateLimited,  # out of credit
    403: Unauthorized,
    405: BadResponse,
    408: TimedOut,
    409: Unavailable,
    413: ContextTooLong,
    425: Unavailable,
    429: RateLimited,
    451: Refused,
    504: TimedOut,
    524: TimedOut,
}


def from_status(status: int, body: object, headers: Mapping[str, str]) -> ProviderError:
    """The error behind an answer that is not a success."""
    wording = _wording(body)
    if status == HTTPStatus.NOT_FOUND:
        error: type[ProviderError] = ModelNotFound if "model" in wording.lower() else BadResponse
    elif status in STATUSES_OF_REFUSAL:
        error = _by_wording(wording, CAUSES_OF_REFUSAL) or STATUSES.get(status, InvalidRequest)
    else:
        error = STATUSES.get(status) or _by_class(status)
    return error(retry_after=retry_after(headers))


def from_error_object(error: object) -> ProviderError:
    """The error behind an `error` object that came in place of text."""
    code = str(error.get("code")) if isinstance(error, Mapping) else ""
    if FAILURE_STATUS.fullmatch(code):
        return from_status(int(code), error, {})
    return (_by_wording(_wording(error)) or Unavailable)()


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `Retry-After` (a number or a date); None if there is no sense in it."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value)
    return min(max(seconds, 0.0), MAX_RETRY_AFTER) if math.isfinite(seconds) else None


def _seconds_until(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp() - time()
    except (ValueError, OverflowError):
        return math.nan


def _by_class(status: int) -> type[ProviderError]:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable
    return InvalidRequest if status >= HTTPStatus.BAD_REQUEST else BadResponse


def _by_wording(
    wording: str, candidates: tuple[type[ProviderError], ...] | None = None
) -> type[ProviderError] | None:
    for pattern, error in WORDINGS:
        if (candidates is None or error in candidates) and pattern.search(wording):
            return error
    return None


def _wording(body: object) -> str:
    if isinstance(body, list) and body:
        body = body[0]
    if isinstance(body, Mapping) and isinstance(body.get("error"), Mapping):
        body = body["error"]
    if isinstance(body, str):
        return "" if body.lstrip().startswith("<") else body[:MAX_WORDING]
    if not isinstance(body, Mapping):
        return ""
    return " ".join(str(body.get(key) or "")[:MAX_WORDING] for key in ("code", "type", "message", "detail"))
