"""The text gate: what text may enter a row, whoever wrote it.

NUL and lone surrogates are dropped, because no database or socket can carry them; everything else is kept
code point for code point, unnormalised. Text with nothing to see in it is refused as blank.
"""

import unicodedata

import regex

MAX_MESSAGE = 200_000  # code points in a message a user sends
MAX_REPLY = 400_000  # code points a model may write into one reply
MAX_TITLE = 200  # code points

_UNSTORABLE = regex.compile(r"[\x00\uD800-\uDFFF]")
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
# Letters and marks by category that draw nothing: Hangul fillers, variation selectors, blank Braille.
_INVISIBLE = regex.compile(
    r"[\u034F\u115F\u1160\u17B4\u17B5\u2800\u3164\uFE00-\uFE0F\uFFA0\U000E0100-\U000E01EF]"
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
    return _UNSTORABLE.sub("", text)


def admit(text: object, *, limit: int) -> str:
    """The text to store for `text`; raises TextRejected. `limit` counts code points."""
    if not isinstance(text, str):
        raise TextRejected("not_text")
    cleaned = clean(text)
    if len(cleaned) > limit:
        raise TextRejected("too_long")
    if is_blank(cleaned):
        raise TextRejected("blank")
    return cleaned


def admit_title(text: object) -> str:
    """A title on one line: control characters and runs of space become one space."""
    if isinstance(text, str):
        text = _SPACES.sub(" ", clean(text)).strip()
    return admit(text, limit=MAX_TITLE)


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing."""
    return all(unicodedata.category(c) in _INVISIBLE_CATEGORIES or _INVISIBLE.match(c) for c in text)


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
