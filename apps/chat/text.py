"""The text gate: what text may enter a row, whoever wrote it.

NUL and lone surrogates are dropped, because no database or socket can carry them; everything else is kept
code point for code point, unnormalised. Text with nothing to see in it is refused as blank.
"""

from collections.abc import Callable

import regex

MAX_MESSAGE = 200_000  # code points in a message a user sends
MAX_REPLY = 400_000  # code points a model may write into one reply
MAX_TITLE = 200  # code points
MAX_NAME = 60  # code points of what somebody calls themselves
MAX_INSTRUCTIONS = 8_000  # code points of what somebody wants every model to heed
MAX_NOTE = 2_000  # code points
MAX_TITLE_READ = 4_000  # code points that are looked at for a title, before runs of space count as one

# Beside controls, formats and separators: letters and marks by category that draw nothing, such as Hangul
# fillers, variation selectors and blank Braille.
_VISIBLE = regex.compile(
    r"[^\p{Cc}\p{Cf}\p{Cs}\p{Z}"
    r"\u034F\u115F\u1160\u17B4\u17B5\u2800\u3164\uFE00-\uFE0F\uFFA0\U000E0100-\U000E01EF]"
)
_SPACES = regex.compile(r"[\p{Z}\p{Cc}]+")
_GRAPHEMES = regex.compile(r"\X")


class TextRejected(ValueError):
    """Text that may not enter; `code` is `not_text`, `blank` or `too_long`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def clean(text: str) -> str:
    """`text` without what cannot be stored."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def admit(text: object, *, limit: int, may_be_blank: bool = False) -> str:
    """The text to store for `text`; raises TextRejected. `limit` counts code points."""
    if not isinstance(text, str):
        raise TextRejected("not_text")
    cleaned = clean(text)
    if len(cleaned) > limit:
        raise TextRejected("too_long")
    if not may_be_blank and is_blank(cleaned):
        raise TextRejected("blank")
    return cleaned


def admit_title(text: object, *, limit: int = MAX_TITLE) -> str:
    """A title, or a name, on one line: control characters and runs of space become one space."""
    if isinstance(text, str):
        if len(text) > MAX_TITLE_READ:
            raise TextRejected("too_long")
        text = _SPACES.sub(" ", clean(text)).strip()
    return admit(text, limit=limit)


def admit_optional(text: object, *, limit: int, gate: Callable[..., str] = admit) -> str:
    """What may be left out: text with nothing to see in it is none."""
    try:
        return gate(text, limit=limit)
    except TextRejected as rejected:
        if rejected.code == "blank":
            return ""
        raise


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing."""
    return _VISIBLE.search(text) is None


def cut(text: str, limit: int) -> str:
    """`text` on one line, within `limit` code points, never cut inside a grapheme; an ellipsis marks it."""
    line = _SPACES.sub(" ", clean(text[: limit * 8])).strip()
    if len(line) <= limit:
        return line
    kept = ""
    for grapheme in _GRAPHEMES.findall(line[: limit + 64]):
        if len(kept) + len(grapheme) > limit - 1:
            break
        kept += grapheme
    return kept.rstrip() + "…"
