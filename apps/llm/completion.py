"""What the chunks of one chat completion add up to."""

import json
from collections.abc import Mapping
from typing import Any

import orjson

from apps.llm import diagnosis
from apps.llm.errors import BadResponse, CutOff, ProviderError, Unavailable
from apps.llm.provider import Finish, FinishReason, Usage
from apps.llm.sse import Event
from apps.llm.text import Cleaner

MAX_BYTES_WITHOUT_TEXT = 64 << 20  # hours of hidden reasoning, but not for ever
MAX_TOKEN_COUNT = 2**31 - 1
MAX_MODEL_NAME = 200
FINISH_REASONS = {
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
}
FAILED_REASONS: dict[str, type[ProviderError]] = {"error": Unavailable, "abort": CutOff}


class CompletionReader:
    """Reads chunks into text; only the first choice counts, and nothing behind its finish reason."""

    def __init__(self, model_name: str) -> None:
        self.finish_reason: FinishReason | None = None
        self.usage: Usage | None = None
        self.model_name = model_name
        self.started = False  # an event has come
        self.done = False  # the upstream said that it has nothing more to say
        self.choices_seen = 0
        self._said_model_name: object = model_name
        self._cleaner = Cleaner()
        self._bytes_without_text = 0

    def read_all(self, events: list[Event]) -> tuple[str, ProviderError | None]:
        """The text that events add, and the error that ended it: text before an error counts."""
        texts: list[str] = []
        try:
            texts.extend(map(self.read, events))
        except ProviderError as error:
            return "".join(texts), error
        return "".join(texts), None

    def read(self, event: Event) -> str:
        """The text that an event adds."""
        self.started = True
        self._bytes_without_text += len(event.data)
        text = self._read_event(event)
        if text:
            self._bytes_without_text = 0
        elif self._bytes_without_text > MAX_BYTES_WITHOUT_TEXT:
            raise BadResponse
        return text

    def finish(self) -> Finish:
        if self.finish_reason is None:
            raise CutOff
        return Finish(self.finish_reason, self.usage, self.model_name)

    def _read_event(self, event: Event) -> str:
        if event.name == b"error":
            raise diagnosis.from_error_object(error_of(event.data))
        data = event.data.strip()
        if event.name not in (b"", b"message") or not data:
            return ""
        if data == b"[DONE]":
            self.done = True
            return ""
        return self._read_chunk(parse_object(data))

    def _read_chunk(self, chunk: dict[str, Any]) -> str:
        if chunk.get("error"):
            raise diagnosis.from_error_object(chunk["error"])
        if usage := chunk.get("usage"):
            self.usage = usage_of(usage, "prompt_tokens", "completion_tokens") or self.usage
        self._read_model_name(chunk.get("model"))
        choice = _first_choice(chunk.get("choices"))
        if choice is None or self.finish_reason is not None:
            return ""
        self.choices_seen += 1
        text = self._cleaner.clean(_text_of(choice.get("delta")))
        self._read_finish_reason(choice.get("finish_reason"))
        return text

    def _read_model_name(self, model_name: object) -> None:
        if model_name and model_name != self._said_model_name and isinstance(model_name, str):
            self._said_model_name = model_name  # every chunk says the same
            self.model_name = Cleaner().clean(model_name[:MAX_MODEL_NAME])

    def _read_finish_reason(self, reason: object) -> None:
        if not reason or not isinstance(reason, str):
            return
        if reason in FAILED_REASONS:
            raise FAILED_REASONS[reason]
        self.finish_reason = FINISH_REASONS.get(reason, FinishReason.STOP)


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


def _first_choice(choices: object) -> Mapping[str, Any] | None:
    if isinstance(choices, list):
        for choice in choices:
            if isinstance(choice, dict) and not choice.get("index"):
                return choice
    return None


def _text_of(delta: object) -> str:
    if not isinstance(delta, dict):
        return ""
    text = delta.get("content") or delta.get("refusal")
    return text if isinstance(text, str) else ""


def usage_of(usage: object, *names: str) -> Usage | None:
    """The two counts of those names, if both make sense."""
    if not isinstance(usage, dict):
        return None
    prompt, completion = (
        count if isinstance(count := usage.get(name), int) and 0 <= count <= MAX_TOKEN_COUNT else None
        for name in names
    )
    return None if prompt is None or completion is None else Usage(prompt, completion)
