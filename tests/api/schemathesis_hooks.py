"""What no schema says of valid requests: two keys are the same, models are offered, texts show something."""

import re

import schemathesis

from apps.chat.text import is_blank
from apps.llm import demo

TEXTS = ("text", "title")
HEADER = "Idempotency-Key"
KEY = re.compile(r'"?[A-Za-z0-9_-]{8,64}"?')


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, **kwargs: object) -> None:
    if not isinstance(case.body, dict):
        return
    if isinstance(case.body.get("key"), str) and case.headers and KEY.fullmatch(case.headers.get(HEADER, "")):
        del case.headers[HEADER]
    if case.meta is not None and case.meta.generation.mode.is_positive:
        _make_sense(case.body)


def _make_sense(body: dict[str, object]) -> None:
    if body.get("model") is not None:
        body["model"] = demo.MODEL_NAME
    for name in TEXTS:
        text = body.get(name)
        if isinstance(text, str) and is_blank(text):
            body[name] = "a"
