"""How log lines are written: one JSON object per event, which says what happened and never what was written.

Other packages put values of their own into their lines, and addresses and statements into their errors. Of
those lines the wording alone is kept, and of any error its kind and where it was raised.
"""

import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import orjson

from apps import trace

OURS = "apps."


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        if request_id := trace.request_id():
            line["request_id"] = request_id
        if record.exc_info and record.exc_info[1]:
            line["error"] = without_words(record.exc_info[1])
        return orjson.dumps({**line, **getattr(record, "facts", {})}).decode()


def _message(record: logging.LogRecord) -> str:
    if record.name.startswith(OURS):
        return record.getMessage()
    if record.name == "django.request" and isinstance(record.args, tuple) and record.args:
        return str(record.args[0])  # the reason; an address follows
    if record.name == "py.warnings":
        return record.getMessage().partition("\n")[0]
    if record.name.startswith("django.security"):  # it quotes what it was asked for
        return record.name
    return str(record.msg).partition("\n")[0]


def without_words(error: BaseException) -> list[str]:
    """The error and its causes, innermost first: the kind of each and where it arose, not what it says."""
    lines = []
    cause: BaseException | None = error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        lines.append(f"{type(cause).__module__}.{type(cause).__qualname__}{_places(cause.__traceback__)}")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return lines[::-1]


def _places(where: TracebackType | None) -> str:
    return "".join(
        f"\n  {frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(where)
    )
