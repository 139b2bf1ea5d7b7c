"""What the fields of a request may hold. The text gate is their validator, as it is everywhere."""

import re
from collections.abc import Callable
from functools import partial
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from apps.api.cursors import PATTERN as CURSOR_PATTERN
from apps.api.errors import FieldCode
from apps.chat.text import (
    MAX_INSTRUCTIONS,
    MAX_MESSAGE,
    MAX_NOTE,
    MAX_TITLE,
    TextRejected,
    admit,
    admit_optional,
    admit_title,
)
from apps.llm.registry import model_names

GATE = "gate"
DIGITS = re.compile(r"[0-9]{1,4}")
FLAGS = {"true": True, "false": False}
MOST_ITEMS = 100
MOST_ATTEMPTS = 2**31 - 1  # that a row can count
CANONICAL = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
KEY_PATTERN = r"^[A-Za-z0-9_-]{8,64}$"


def _gated(gate: Callable[[object], str]) -> PlainValidator:
    def let_in(value: object) -> str:
        try:
            return gate(value)
        except TextRejected as rejected:
            raise PydanticCustomError(GATE, "", {"code": FieldCode(rejected.code)}) from None

    return PlainValidator(let_in)


def _offered(value: object) -> str:
    if isinstance(value, str) and value in model_names():
        return value
    code = FieldCode.NO_SUCH_MODEL if isinstance(value, str) else FieldCode.NOT_TEXT
    raise PydanticCustomError(GATE, "", {"code": code})


def _identifier(value: object) -> object:
    """Only as it is always spelled: one thing has one name."""
    return UUID(value) if isinstance(value, str) and CANONICAL.fullmatch(value) else value


def _digits(value: object) -> object:
    """Only the spelling of ten fingers."""
    return int(value) if isinstance(value, str) and DIGITS.fullmatch(value) else value


def _whole(value: object) -> object:
    """JSON knows but numbers: 2.0 is an integer, as schemas see it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _flag(value: object) -> object:
    return FLAGS.get(value, value) if isinstance(value, str) else value


def _text(most: int, description: str, *, least: int = 0) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "minLength": least, "maxLength": most, "description": description}
    )


Id = Annotated[UUID, BeforeValidator(_identifier)]
Key = Annotated[
    str,
    Field(
        pattern=KEY_PATTERN,
        description="Your name for this request: sent again under the same key it is done once. "
        "Without one a repeated request is another.",
        examples=["0b9e6a1c-7f0a-4d5c-9a55-1c6f6c1f2f10"],
    ),
]
MessageText = Annotated[
    str,
    _gated(partial(admit, limit=MAX_MESSAGE)),
    _text(MAX_MESSAGE, "Markdown; kept code point for code point, without NUL and lone surrogates.", least=1),
]
Title = Annotated[str, _gated(admit_title), _text(MAX_TITLE, "One line.", least=1)]
Instructions = Annotated[
    str,
    _gated(partial(admit_optional, limit=MAX_INSTRUCTIONS)),
    _text(MAX_INSTRUCTIONS, "What every answer here is to heed; empty for nothing."),
]
Note = Annotated[
    str, _gated(partial(admit_optional, limit=MAX_NOTE)), _text(MAX_NOTE, "Why; empty for no note.")
]
ModelName = Annotated[
    str,
    PlainValidator(_offered),
    WithJsonSchema({"type": "string", "description": "One of the models that are offered."}),
]


class Said(BaseModel):
    """What a client says. Nothing is guessed: other fields and other types are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Limit = Annotated[
    int, Field(ge=1, le=MOST_ITEMS, description="How many items a page may hold."), BeforeValidator(_digits)
]
Attempt = Annotated[int, Field(ge=0, le=MOST_ATTEMPTS), BeforeValidator(_whole)]
Cursor = Annotated[str, Field(pattern=CURSOR_PATTERN, description="`next` of the page before.")]
Flag = Annotated[bool, BeforeValidator(_flag)]
Words = Annotated[
    str,
    _gated(partial(admit_optional, limit=MAX_TITLE)),
    _text(MAX_TITLE, "Words that the title must hold, in any order and case."),
]
