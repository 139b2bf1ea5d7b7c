"""What the events of one response of the Responses API add up to."""

import re
from typing import Any

from apps.llm import diagnosis
from apps.llm.errors import CutOff
from apps.llm.provider import FinishReason
from apps.llm.reader import MAX_MODEL_NAME, EventReader, error_of, parse_object, usage_of
from apps.llm.sse import Event
from apps.llm.text import Cleaner

RESPONSE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:=+-]{0,479}")  # what a path and a row can hold
ENDINGS = ("completed", "incomplete", "failed", "cancelled")
TEXT_EVENTS = ("response.output_text.delta", "response.refusal.delta")
TEXT_FIELDS = {"output_text": "text", "refusal": "refusal"}  # of a part of the finished output
INCOMPLETE_REASONS = {
    "max_output_tokens": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
}


class ResponseReader(EventReader):
    """Reads the events of one connection into text; nothing behind the terminal event counts."""

    def __init__(self, model_name: str) -> None:
        super().__init__(model_name)
        self.response_id = ""
        self.over = False  # the response has ended upstream, well or badly
        self.events_seen = 0  # such as have to do with a response

    def read_snapshot(self, response: dict[str, Any]) -> str:
        """The whole text of a response that has ended; nothing while it runs."""
        self.started = True
        self._note(response)
        status = response.get("status")
        return self._end(response, status) if status in ENDINGS else ""

    def _read_event(self, event: Event) -> str:
        if event.name == b"error":
            self.over = True
            raise diagnosis.from_error_object(error_of(event.data))
        if self.over or not event.data.strip() or event.data.strip() == b"[DONE]":
            return ""
        return self._read_object(parse_object(event.data))

    def _read_object(self, data: dict[str, Any]) -> str:
        kind = data.get("type")
        if kind == "error" or (kind is None and data.get("error")):
            self.over = True
            raise diagnosis.from_error_object(data.get("error") or data)
        if not isinstance(kind, str) or not kind.startswith("response."):
            return ""
        self.events_seen += 1
        if kind in TEXT_EVENTS:
            delta = data.get("delta")
            return self._cleaner.clean(delta) if isinstance(delta, str) else ""
        response = data.get("response")
        response = response if isinstance(response, dict) else {}
        self._note(response)
        ending = kind.removeprefix("response.")
        return self._end(response, ending) if ending in ENDINGS else ""

    def _note(self, response: dict[str, Any]) -> None:
        response_id, model_name = response.get("id"), response.get("model")
        if not self.response_id and isinstance(response_id, str) and RESPONSE_ID.fullmatch(response_id):
            self.response_id = response_id
        if isinstance(model_name, str) and model_name:
            self.model_name = Cleaner().clean(model_name[:MAX_MODEL_NAME])
        self.usage = usage_of(response.get("usage"), "input_tokens", "output_tokens") or self.usage

    def _end(self, response: dict[str, Any], ending: str) -> str:
        """The whole text, if no delta has brought it; raises why there is no whole reply."""
        self.over = True
        if ending == "cancelled":
            raise CutOff
        if ending == "failed":
            raise diagnosis.from_error_object(response.get("error"))
        self.finish_reason = FinishReason.STOP
        if ending == "incomplete":
            details = response.get("incomplete_details")
            reason = details.get("reason") if isinstance(details, dict) else None
            self.finish_reason = INCOMPLETE_REASONS.get(str(reason), FinishReason.LENGTH)
        return "" if self._text_seen else self._cleaner.clean(_output_text(response.get("output")))


def _output_text(output: object) -> str:
    parts = (part for item in _objects(output) for part in _objects(item.get("content")))
    texts = (part.get(TEXT_FIELDS.get(str(part.get("type")), "")) for part in parts)
    return "".join(text for text in texts if isinstance(text, str))


def _objects(things: object) -> list[dict[str, Any]]:
    return [thing for thing in things if isinstance(thing, dict)] if isinstance(things, list) else []
