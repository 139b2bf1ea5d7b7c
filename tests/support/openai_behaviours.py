"""The model server's behaviours by name: good ones, and every bad one we know of.

`BEHAVIOURS[name].outcome` says how a reply of it must end: "complete", the error's code, "endless" (it would
go on until the reader's own limit) or "silent" (until the reader's own time-out). `covers` names entries of
the corpus of bad inputs. A user's message whose first line is `!behaviour NAME [NUMBER...]` picks one.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from itertools import chain

from tests.support.openai_failures import FAILURES
from tests.support.openai_scripts import (
    DONE,
    END,
    FIRST,
    GZIP,
    HANG,
    JSON,
    REPLY_ID,
    RESET,
    Behaviour,
    Pause,
    ReceivedRequest,
    Script,
    bytewise,
    chunk,
    error,
    event,
    finish,
    streaming,
    text,
    usage,
)

REPLY = """\
## A scripted reply

It has **some** Markdown: a list, a table and `code`, naïve characters and 😀.

- one
- two

| a | b |
| --- | --- |
| 1 | 2 |

```python
print("scripted")
```

That is all.
"""
PREFIX = "!behaviour "


def choose(request: ReceivedRequest) -> Script:
    """The script for a request that nobody has scripted."""
    if request.method == "GET" and request.path.endswith("/models"):
        models = [{"id": "scripted-1", "object": "model", "owned_by": "tests"}]
        return Script([json.dumps({"object": "list", "data": models}).encode()], headers=JSON)
    if request.method != "POST" or not request.path.endswith("/chat/completions"):
        return error(404, "no such page")
    if request.wants_title:
        return _answer("A scripted title", request)
    first_line = request.prompt.partition("\n")[0].strip()
    name = first_line.removeprefix(PREFIX).split()[0:1] if first_line.startswith(PREFIX) else []
    return behaviour(name[0], request) if name else _answer(REPLY, request)


def behaviour(name: str, request: ReceivedRequest) -> Script:
    return BEHAVIOURS[name].make(request) if name in BEHAVIOURS else error(400, f"no behaviour {name}")


def _pieces(content: str, size: int = 4) -> list[bytes]:
    return [text(content[start : start + size]) for start in range(0, len(content), size)]


def _answer(content: str, request: ReceivedRequest) -> Script:
    if not request.json.get("stream"):
        message = {"role": "assistant", "content": content}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = {"id": REPLY_ID, "object": "chat.completion", "model": "scripted-1", "choices": [choice]}
        return Script([json.dumps(body).encode()], headers=JSON)
    return Script([*_pieces(content), *END])


def _numbers(request: ReceivedRequest, *defaults: int) -> list[int]:
    """The whole numbers behind the behaviour's name."""
    given = [int(word) for word in request.prompt.partition("\n")[0].split() if word.isdecimal()]
    return [*given, *defaults[len(given) :]]


def _words(request: ReceivedRequest) -> Script:
    """So many words, so many a second: `!behaviour words 400 50`."""
    count, speed = _numbers(request, 100, 50)
    pieces = ((Pause(1 / max(speed, 1)), text(f"word{number} ")) for number in range(count))
    return Script(chain(chain.from_iterable(pieces), END))


def _refusing(status: int, parameter: str, message: str) -> Callable[[ReceivedRequest], Script]:
    def make(request: ReceivedRequest) -> Script:
        return error(status, message) if parameter in request.json else _answer(REPLY, request)

    return make


BEHAVIOURS: dict[str, Behaviour] = {
    # Good, if unusual
    "plain": Behaviour(lambda request: _answer(REPLY, request), "complete"),
    "words": Behaviour(_words, "complete"),
    "late": Behaviour(
        streaming(Pause(2), FIRST, Pause(2), text("and the end."), *END), "complete", ("UP-042", "UP-043")
    ),
    "bytewise": Behaviour(lambda request: Script(bytewise([*_pieces(REPLY), *END], 1)), "complete"),
    "odd_pieces": Behaviour(lambda request: Script(bytewise([*_pieces(REPLY), *END], 7)), "complete"),
    "one_piece": Behaviour(lambda request: Script([b"".join([*_pieces(REPLY), *END])]), "complete"),
    "carriage_returns": Behaviour(
        lambda request: Script([p.replace(b"\n", b"\r\n") for p in (*_pieces(REPLY), *END)]), "complete"
    ),
    "compressed": Behaviour(
        streaming(gzip.compress(b"".join((*_pieces(REPLY), *END))), headers=GZIP), "complete"
    ),
    "comments": Behaviour(streaming(b": working\n\n" * 50, FIRST, b": working\n\n", *END), "complete"),
    "length": Behaviour(streaming(FIRST, finish("length"), DONE), "complete"),
    "content_filter": Behaviour(streaming(FIRST, finish("content_filter"), DONE), "complete"),
    "refusal": Behaviour(streaming(event(chunk({"refusal": "I would rather not."})), *END), "complete"),
    "reasoning": Behaviour(
        streaming(event(chunk({"reasoning_content": "Hm.", "content": None})), FIRST, *END), "complete"
    ),
    "null_delta": Behaviour(
        streaming(event(chunk(None)), event(chunk({"content": None})), FIRST, *END), "complete"
    ),
    "tool_calls": Behaviour(
        streaming(event(chunk({"tool_calls": [{}]})), finish("tool_calls"), DONE), "complete"
    ),
    "no_done": Behaviour(streaming(FIRST, finish()), "complete"),
    "no_done_and_open": Behaviour(streaming(FIRST, finish(), HANG), "complete"),
    "reset_after_finish": Behaviour(streaming(FIRST, finish(), RESET), "complete"),
    "strange_usage": Behaviour(streaming(FIRST, finish(), usage(-1, "many"), DONE), "complete"),
    "refuses_stream_options": Behaviour(
        _refusing(400, "stream_options", "Unrecognized request argument supplied: stream_options"), "complete"
    ),
    "forbids_stream_options": Behaviour(
        _refusing(422, "stream_options", "body.stream_options: extra fields not permitted"), "complete"
    ),
    "refuses_max_tokens": Behaviour(
        _refusing(400, "max_tokens", "Unsupported parameter: use 'max_completion_tokens' instead."),
        "complete",
    ),
    # Text to be mended
    "invalid_utf8": Behaviour(
        streaming(text("before "), b'data: {"choices":[{"delta":{"content":"\xff\xc3"}}]}\n\n', *END),
        "complete",
        ("UP-020",),
    ),
    "nul": Behaviour(streaming(text("a\0b"), *END), "complete", ("UP-021",)),
    "lone_surrogate": Behaviour(streaming(text("a\ud83d"), text("b\ude00c"), *END), "complete", ("UP-022",)),
    "split_surrogates": Behaviour(streaming(text("a\ud83d"), text("\ude00b"), *END), "complete"),
    "empty_choices": Behaviour(streaming(event({"choices": []}), FIRST, *END), "complete", ("UP-025",)),
    "missing_choices": Behaviour(streaming(event({"id": REPLY_ID}), FIRST, *END), "complete", ("UP-026",)),
    "two_choices": Behaviour(
        streaming(
            text("other ", index=1),
            FIRST,
            text("other", index=1),
            event(chunk({}, finish="stop", index=1)),
            *END,
        ),
        "complete",
        ("UP-027",),
    ),
    "unknown_event": Behaviour(
        streaming(b"event: execute\n" + text("__pwn(1)"), FIRST, *END), "complete", ("UP-030",)
    ),
    "same_id_twice": Behaviour(streaming(FIRST, *END, FIRST, *END), "complete", ("UP-044",)),
    **FAILURES,
}
