"""From a frame of the socket to what a program says with it; whatever is wrong raises Refused."""

import json
import re
from collections.abc import Mapping
from typing import Any

from chanx.messages.base import BaseMessage
from pydantic import ValidationError

from apps.api.errors import Code, Refused
from apps.api.fields import KEY_PATTERN
from apps.api.parsing import field_errors, no_number, spelled

_KEY = re.compile(KEY_PATTERN.replace("$", r"\Z"))


def object_in(text: str | None) -> dict[str, Any]:
    """The JSON object that a frame holds."""
    try:
        values = json.loads(text or "", parse_constant=no_number)
    except (ValueError, RecursionError):
        raise Refused(Code.MALFORMED) from None
    if not isinstance(values, dict):
        raise Refused(Code.MALFORMED)
    return values


def message_in(values: Mapping[str, Any], kinds: Mapping[str, type[BaseMessage]]) -> BaseMessage:
    """What is said with it: one of these kinds, by its action."""
    action = values.get("action")
    kind = kinds.get(action) if isinstance(action, str) else None
    if kind is None:
        raise Refused(Code.UNKNOWN_ACTION)
    try:
        return kind.model_validate({spelled(name): _named(value) for name, value in values.items()})
    except ValidationError as invalid:
        raise Refused(Code.INVALID, list(field_errors(invalid, within="payload"))) from None


def key_in(values: Mapping[str, Any]) -> str | None:
    """How the program calls what it said, so far as that can be repeated."""
    payload = values.get("payload")
    key = payload.get("key") if isinstance(payload, dict) else None
    return key if isinstance(key, str) and _KEY.match(key) else None


def _named(value: object) -> object:
    return {spelled(name): field for name, field in value.items()} if isinstance(value, dict) else value
