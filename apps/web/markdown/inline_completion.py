"""Ends what a half-written line of text has begun: emphasis, code, links, formulas."""

import re
from dataclasses import dataclass, field

from apps.web.markdown import maths

SHORT = 400  # characters after which a mark that is still open was only a character
LABEL = re.compile(r"\[(?:[^\[\]\\]|\\.|\[[^\[\]]{0,200}\](?:\([^()]{0,500}\))?){0,400}\]", re.DOTALL)
TARGET = re.compile(r"\((?:[^()\\]|\\.|\([^()]{0,200}\)){0,2000}\)", re.DOTALL)
SECOND_LABEL = re.compile(r"\[[^\[\]]{0,200}\]")
AUTOLINK = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]{1,31}:[^<>\s]*>")
OPEN_TAG = re.compile(r"<(?:[A-Za-z/!?][^<>\s]{0,200})?$")
OPEN_ENTITY = re.compile(r"&[#\w]{0,31}$")
MARKS = re.compile(r"[\\`$\[*_~<&]")


@dataclass
class Opener:
    char: str
    count: int
    start: int
    end: int


@dataclass
class Scan:
    """Reads a text once; `shown` is what of it may be shown."""

    text: str
    openers: list[Opener] = field(default_factory=list)

    def run(self) -> str:
        position = 0
        while match := MARKS.search(self.text, position):
            start = match.start()
            step = READERS[match[0]](self, start)
            if isinstance(step, str):
                return self.ended(step)
            position = step
        return self.ended(self.text)

    def ended(self, shown: str) -> str:
        """Close the emphasis that is open, unless nothing is in it yet."""
        shown = shown.rstrip()
        while self.openers and self.openers[-1].end >= len(shown):
            shown = shown[: self.openers.pop().start].rstrip()
        return shown + "".join(opener.char * opener.count for opener in reversed(self.openers))


def completed(text: str) -> str:
    return Scan(text).run()


# Each reader returns where to read on, or what is shown if the construct is still open.


def _escape(scan: Scan, start: int) -> int | str:
    if scan.text[start : start + 2] in maths.BRACKETS:
        return _formula(scan, start)
    return scan.text[:start] if start + 1 == len(scan.text) else start + 2


def _code(scan: Scan, start: int) -> int | str:
    text = scan.text
    end = _run_end(text, start)
    run = text[start:end]
    close = re.compile(f"(?<!`){run}(?!`)").search(text, end)
    if close:
        return close.end()
    body = text[end:]
    if len(body) > SHORT:
        return end
    body = body.rstrip("`").rstrip()
    return f"{text[:start]}{run}{body}{run}" if body else text[:start]


def _formula(scan: Scan, start: int) -> int | str:
    text = scan.text
    found = maths.closing(text, start)
    if found:
        return found[1]
    width = 2 if text[start : start + 2] in maths.BRACKETS or text.startswith("$$", start) else 1
    after = text[start + width : start + width + 1]
    is_price = width == 1 and (after.isdigit() or after.isspace())
    return start + width if is_price or len(text) - start > SHORT else text[:start]


def _bracket(scan: Scan, start: int) -> int | str:
    text = scan.text
    before = start - 1 if start and text[start - 1] == "!" else start
    label = LABEL.match(text, start)
    if label is None:
        return start + 1 if len(text) - start > SHORT else text[:before]
    end = label.end()
    if end == len(text):
        return text[:before]
    if text[end] not in "([":
        return start + 1
    target = (TARGET if text[end] == "(" else SECOND_LABEL).match(text, end)
    if target:
        return start + 1 if text[end] == "[" else target.end()
    return start + 1 if len(text) - end > 2_000 else text[:before] + text[start + 1 : end - 1]


def _emphasis(scan: Scan, start: int) -> int | str:
    text, char = scan.text, scan.text[start]
    end = _run_end(text, start)
    if end == len(text):
        return text[:start]
    opens, closes = _flanks(text, start, end)
    left = end - start
    while closes and left and (opener := _open(scan, char)):
        used = min(left, opener.count)
        left -= used
        opener.count -= used
        del scan.openers[scan.openers.index(opener) + (1 if opener.count else 0) :]
    if opens and left and (char != "~" or left == 2):
        scan.openers.append(Opener(char, left, start, end))
    return end


def _open(scan: Scan, char: str) -> Opener | None:
    return next((opener for opener in reversed(scan.openers[-20:]) if opener.char == char), None)


def _flanks(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Whether a run of marks can open, and can close, emphasis."""
    before, after = text[start - 1] if start else " ", text[end]
    hard_before, hard_after = not before.isalnum(), not after.isalnum()
    left = not after.isspace() and (after.isalnum() or hard_before)
    right = not before.isspace() and (before.isalnum() or hard_after)
    if text[start] != "_":
        return left, right
    return left and (not right or hard_before), right and (not left or hard_after)


def _angle(scan: Scan, start: int) -> int | str:
    link = AUTOLINK.match(scan.text, start)
    if link:
        return link.end()
    return scan.text[:start] if OPEN_TAG.match(scan.text, start) else start + 1


def _entity(scan: Scan, start: int) -> int | str:
    return scan.text[:start] if OPEN_ENTITY.match(scan.text, start) else start + 1


def _run_end(text: str, start: int) -> int:
    end = start
    while end < len(text) and text[end] == text[start]:
        end += 1
    return end


READERS = {
    "\\": _escape,
    "`": _code,
    "$": _formula,
    "[": _bracket,
    "*": _emphasis,
    "_": _emphasis,
    "~": _emphasis,
    "<": _angle,
    "&": _entity,
}
