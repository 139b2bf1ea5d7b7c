"""What the chunks of one chat completion add up to."""

from collections.abc import Mapping
from typing import Any

from apps.llm import diagnosis
from apps.llm.errors import CutOff, ProviderError, Unavailable
from apps.llm.provider import FinishReason
from apps.llm.reader import MAX_MODEL_NAME, EventReader, error_of, parse_object, usage_of
from apps.llm.sse import Event
from apps.llm.text import Cleaner

FINISH_REASONS = {
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
}
FAILED_REASONS: dict[str, type[ProviderError]] = {"error": Unavailable, "abort": CutOff}


class CompletionReader(EventReader):
    """Reads chunks into text; only the first choice counts, and nothing behind its finish reason."""

    def __init__(self, model_name: str) -> None:
        super().__init__(model_name)
        self.done = False  # the upstream said that it has nothing more to say
        self.choices_seen = 0
        self._said_model_name: object = model_name

    def read_all(self, events: list[Event]) -> tuple[str, ProviderError | None]:
        """The text that events add, and the error that ended it: text before an error counts."""
        texts: list[str] = []
        try:
            texts.extend(map(self.read, events))
        except ProviderError as error:
            return "".join(texts), error
        return "".join(texts), None

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
