"""The closed list of why a generation ended without a complete reply."""

from enum import StrEnum
from typing import ClassVar


class ErrorCode(StrEnum):
    RATE_LIMITED = "rate_limited"
    CONTEXT_TOO_LONG = "context_too_long"
    REFUSED = "refused"  # by the provider's content policy
    UNAUTHORIZED = "unauthorized"  # the key is wrong or missing
    MODEL_NOT_FOUND = "model_not_found"
    INVALID_REQUEST = "invalid_request"
    UNAVAILABLE = "unavailable"  # cannot connect, or the provider failed
    TIMED_OUT = "timed_out"
    BAD_RESPONSE = "bad_response"  # not the protocol: a login page, a redirect, garbage
    CUT_OFF = "cut_off"  # the stream ended without a finish reason
    REPLY_TOO_LONG = "reply_too_long"
    INTERNAL = "internal"
    WORKER_LOST = "worker_lost"
    SHUTDOWN = "shutdown"


class ProviderError(Exception):
    """A provider gave no complete reply.

    The text is the code alone: what an upstream says may hold keys, addresses or markup.
    """

    code: ClassVar[ErrorCode] = ErrorCode.INTERNAL
    retryable: ClassVar[bool] = False

    def __init__(self, *, retry_after: float | None = None) -> None:
        super().__init__(self.code.value)
        self.retry_after = retry_after


class RateLimited(ProviderError):
    code = ErrorCode.RATE_LIMITED
    retryable = True


class ContextTooLong(ProviderError):
    code = ErrorCode.CONTEXT_TOO_LONG


class Refused(ProviderError):
    code = ErrorCode.REFUSED


class Unauthorized(ProviderError):
    code = ErrorCode.UNAUTHORIZED


class ModelNotFound(ProviderError):
    code = ErrorCode.MODEL_NOT_FOUND


class InvalidRequest(ProviderError):
    code = ErrorCode.INVALID_REQUEST


class Unavailable(ProviderError):
    code = ErrorCode.UNAVAILABLE
    retryable = True


class TimedOut(ProviderError):
    code = ErrorCode.TIMED_OUT  # its reader has waited long enough: not retryable


class BadResponse(ProviderError):
    code = ErrorCode.BAD_RESPONSE


class CutOff(ProviderError):
    code = ErrorCode.CUT_OFF


PROVIDER_ERRORS: dict[ErrorCode, type[ProviderError]] = {
    error.code: error
    for error in (
        RateLimited,
        ContextTooLong,
        Refused,
        Unauthorized,
        ModelNotFound,
        InvalidRequest,
        Unavailable,
        TimedOut,
        BadResponse,
        CutOff,
    )
}
