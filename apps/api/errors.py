"""What can go wrong at the doors for programs: a closed list, told as problem+json (RFC 9457).

Sockets name the same codes. What is not the user's, was deleted or never was is told in the same words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.http import HttpResponse
from pydantic import BaseModel, ConfigDict, Field

CONTENT_TYPE = "application/problem+json"
TYPE = "/api/v1/docs/#error-{}"  # where a problem's kind is explained


class Code(StrEnum):
    """Why a request was not granted."""

    MALFORMED = "malformed"
    UNKNOWN_ACTION = "unknown_action"
    UNAUTHORIZED = "unauthorized"
    CSRF = "csrf"
    READ_ONLY = "read_only"
    ABSENT = "absent"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NOT_ACCEPTABLE = "not_acceptable"
    NOT_POSSIBLE = "not_possible"
    STALE = "stale"
    GONE_OUT = "gone_out"
    QUEUE_FULL = "queue_full"
    KEY_USED = "key_used"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    INVALID = "invalid"
    TOO_MANY = "too_many"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"


class FieldCode(StrEnum):
    """What is wrong with one field."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    INVALID = "invalid"
    NOT_TEXT = "not_text"
    BLANK = "blank"
    TOO_LONG = "too_long"
    NO_SUCH_MODEL = "no_such_model"


@dataclass(frozen=True)
class Kind:
    """Of problem: its HTTP status, its title, and what whoever meets it should know."""

    status: int
    title: str
    detail: str


KINDS: dict[Code, Kind] = {
    Code.MALFORMED: Kind(400, "This request cannot be read.", "The body must be one JSON object, in UTF-8."),
    Code.UNAUTHORIZED: Kind(
        401,
        "Say who you are.",
        "Send a token that is valid as “Authorization: Bearer …”, or the cookie of a session.",
    ),
    Code.CSRF: Kind(
        403,
        "This did not come from a page of ours.",
        "A session’s changes need its CSRF token in X-CSRFToken.",
    ),
    Code.READ_ONLY: Kind(403, "This token may only read.", "Use one that may write."),
    Code.ABSENT: Kind(404, "There is no such thing.", "It never was, it was deleted, or it is not yours."),
    Code.METHOD_NOT_ALLOWED: Kind(405, "This cannot be asked here.", "The header Allow names what can."),
    Code.NOT_ACCEPTABLE: Kind(
        406,
        "There is no answer of the kind you accept.",
        "Accept application/json, or what the document names.",
    ),
    Code.NOT_POSSIBLE: Kind(
        409, "That is not possible here now.", "The message is in no state for it. Nothing was changed."
    ),
    Code.STALE: Kind(
        409,
        "The conversation has gone on.",
        "“after” is no longer its last message. Nothing was stored; read what is new, then decide.",
    ),
    Code.GONE_OUT: Kind(409, "The message has gone out.", "It waits in the queue no more."),
    Code.QUEUE_FULL: Kind(409, "Too much is waiting already.", "Let some of the queue go out first."),
    Code.KEY_USED: Kind(
        409,
        "This key has been used for something else.",
        "The same key may only repeat the same request, every field as it was. Nothing was stored.",
    ),
    Code.UNKNOWN_ACTION: Kind(
        400, "There is no such action.", "The document of the socket names those that there are."
    ),
    Code.TOO_LARGE: Kind(413, "This body is too large.", "It may have at most 4 MiB."),
    Code.UNSUPPORTED_MEDIA_TYPE: Kind(
        415, "This kind of body cannot be read.", "Send application/json in UTF-8, not compressed."
    ),
    Code.INVALID: Kind(422, "Something in this request is not right.", "See “errors”, field by field."),
    Code.TOO_MANY: Kind(429, "That is too much at once.", "Wait for as many seconds as Retry-After says."),
    Code.INTERNAL: Kind(500, "Something went wrong in Colloquy.", "It has been recorded."),
    Code.UNAVAILABLE: Kind(
        503,
        "The database is away.",
        "Wait for as many seconds as Retry-After says, then ask again with the same key.",
    ),
}
FIELDS: dict[FieldCode, str] = {
    FieldCode.MISSING: "This is required.",
    FieldCode.UNKNOWN: "There is no field of this name.",
    FieldCode.INVALID: "This is not what the document describes.",
    FieldCode.NOT_TEXT: "This must be text.",
    FieldCode.BLANK: "There is nothing to see in it.",
    FieldCode.TOO_LONG: "This is too long.",
    FieldCode.NO_SUCH_MODEL: "This model is not offered.",
}
BY_STATUS = {  # for what was not told by us
    400: Code.MALFORMED,
    401: Code.UNAUTHORIZED,
    403: Code.CSRF,
    404: Code.ABSENT,
    405: Code.METHOD_NOT_ALLOWED,
    406: Code.NOT_ACCEPTABLE,
    413: Code.TOO_LARGE,
    415: Code.UNSUPPORTED_MEDIA_TYPE,
    429: Code.TOO_MANY,
    500: Code.INTERNAL,
    503: Code.UNAVAILABLE,
}


class FieldError(BaseModel):
    """What is wrong with one field of a request."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str = Field(description="Its name; of a query parameter or a header, likewise.")
    code: FieldCode
    detail: str = Field(description="The same for people.")

    @classmethod
    def of(cls, field: str, code: FieldCode) -> "FieldError":
        return cls(field=field, code=code, detail=FIELDS[code])


class Problem(BaseModel):
    """Why a request was not granted (RFC 9457). Nothing was changed by it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str = Field(
        description="Where this kind of problem is explained.", json_schema_extra={"format": "uri-reference"}
    )
    title: str = Field(description="The kind in a sentence, always the same.")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What to do about it.")
    code: Code
    errors: list[FieldError] | None = Field(
        default=None, description="With `invalid`: which fields, and why."
    )

    @classmethod
    def of(cls, code: Code, errors: Sequence[FieldError] = ()) -> "Problem":
        kind = KINDS[code]
        return cls(
            type=TYPE.format(code),
            title=kind.title,
            status=kind.status,
            detail=kind.detail,
            code=code,
            errors=list(errors) or None,
        )


class Refused(Exception):
    """A wish that was not granted; nothing was changed."""

    def __init__(
        self, code: Code, errors: Sequence[FieldError] = (), headers: Mapping[str, str] | None = None
    ):
        super().__init__(code)
        self.code, self.errors, self.headers = code, tuple(errors), dict(headers or {})

    @property
    def problem(self) -> Problem:
        return Problem.of(self.code, self.errors)


def told(refused: Refused) -> HttpResponse:
    """The answer that says so."""
    problem = refused.problem
    return HttpResponse(
        problem.model_dump_json(exclude_none=True),
        status=problem.status,
        content_type=CONTENT_TYPE,
        headers={"Cache-Control": "no-store", **refused.headers},
    )
