"""What the readers of both protocols have in common: events add up to text, and in the end to a finish."""

import json
from abc import ABC, abstractmethod
from typing import Any

import orjson

from apps.llm.errors import BadResponse, CutOff
from apps.llm.provider import Finish, FinishReason, Usage
from apps.llm.sse import Event
from apps.llm.text import Cleaner

MAX_BYTES_WITHOUT_TEXT = 64 << 20  # hours of hidden reasoning, but not for ever
MAX_TOKEN_COUNT = 2**31 - 1
MAX_MODEL_NAME = 200


class EventReader(ABC):
    """Reads the events of one connection."""

    def __init__(self, model_name: str) -> None:
        self.finish_reason: FinishReason | None = None
        self.usage: Usage | None = None
        self.model_name = model_name
        self.started = False  # an event has come
        self._cleaner = Cleaner()
        self._text_seen = False
        self._bytes_without_text = 0

    def read(self, event: Event) -> str:
        """The text that an event adds."""
        self.started = True
        self._bytes_without_text += len(event.data)
        text = self._read_event(event)
        if text:
            self._text_seen, self._bytes_without_text = True, 0
        elif self._bytes_without_text > MAX_BYTES_WITHOUT_TEXT:
            raise BadResponse
        return text

    def finish(self) -> Finish:
        if self.finish_reason is None:
            raise CutOff
        return Finish(self.finish_reason, self.usage, self.model_name)

    @abstractmethod
    def _read_event(self, event: Event) -> str:
        """The text that this event adds."""


def parse_object(data: bytes) -> dict[str, Any]:
    """A JSON object, be its text ever so broken; anything else is not the protocol."""
    try:
        parsed = _parse(data)
    except (ValueError, RecursionError):
        raise BadResponse from None
    if not isinstance(parsed, dict):
        raise BadResponse
    return parsed


def _parse(data: bytes) -> object:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:  # it refuses invalid UTF-8 and lone surrogates, which we mend
        return json.loads(data.decode("utf-8", "replace"))


def error_of(data: bytes) -> object:
    """What an `error` event says, inside an object or outright."""
    try:
        body = parse_object(data)
    except BadResponse:
        return None
    return body.get("error") or body


def usage_of(usage: object, *names: str) -> Usage | None:
    """The two counts of those names, if both make sense."""
    if not isinstance(usage, dict):
        return None
    prompt, completion = (
        count if isinstance(count := usage.get(name), int) and 0 <= count <= MAX_TOKEN_COUNT else None
        for name in names
    )
    return None if prompt is None or completion is None else Usage(prompt, completion)
