"""Cuts Markdown into segments that later text can never change.

The cut depends on whole lines read in order and on nothing after them, so a reply gets the same
segments however it was chopped on its way, and each segment can be parsed alone.
"""

import re
from dataclasses import dataclass, field

FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)$")
HEADING = re.compile(r"#{1,6}(?:[ \t]|$)")
MARKER = re.compile(r"( {0,3})([-+*]|\d{1,9}[.)])(?:( +)(?=\S)|$)")
MAYBE_MARKER = re.compile(r"(?:[-+*]|\d{1,9}[.)]?)(?:[ \t]|$)")
RULE = re.compile(r" {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$")
MATH = re.compile(r" {0,3}(?:\$\$|\\\[)(?!.*(?:\$\$|\\\])\s*$)")
MATH_END = re.compile(r".*(?:\$\$|\\\])\s*$")
LONG_LIST = 4_000  # characters after which the next item begins a list of its own: bounds a redraw


@dataclass(frozen=True)
class Fence:
    """The opening line of a code block."""

    mark: str
    indent: int
    info: str

    def closed_by(self, line: str) -> bool:
        stripped = line.strip(" \t")
        depth = len(line) - len(line.lstrip(" "))
        return depth < 4 and len(stripped) >= len(self.mark) and not stripped.strip(self.mark[0])

    def content(self, line: str) -> str:
        """The line without as much indent as the fence has."""
        depth = min(self.indent, len(line) - len(line.lstrip(" ")))
        return line[depth:]

    @classmethod
    def opened_by(cls, line: str) -> "Fence | None":
        if match := FENCE.match(line):
            return cls(mark=match[1], indent=match.start(1), info=match[2].strip())
        return None


@dataclass(frozen=True)
class Segment:
    """One or more whole blocks; a fence is always alone. `first_number` continues a cut list."""

    lines: tuple[str, ...]
    fence: Fence | None = None
    first_number: int | None = None

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def is_whole(self) -> bool:
        """Whether what began as a fence has its end."""
        return not self.fence or (len(self.lines) > 1 and self.fence.closed_by(self.lines[-1]))

    @property
    def code(self) -> str:
        if self.fence is None:
            return ""
        body = self.lines[1:-1] if self.is_whole else self.lines[1:]
        return "".join(f"{self.fence.content(line)}\n" for line in body)


@dataclass
class Items:
    """The top-level list being read: where its items' content starts and how many there are."""

    kind: str
    offset: int
    number: int


@dataclass
class Splitter:
    """Takes lines in order; `lines` is what is still open."""

    lines: list[str] = field(default_factory=list)
    fence: Fence | None = None
    _maths: bool = False
    _items: Items | None = None
    _first_number: int | None = None
    _size: int = 0

    def feed(self, line: str) -> list[Segment]:
        """Take one whole line; returns the segments it closed."""
        if self.fence:
            self.lines.append(line)
            return self.take() if self.fence.closed_by(line) else []
        if self._maths:
            self._maths = bool(line.strip()) and not MATH_END.match(line)
            self._add(line)
            return []
        flat = _flatten(line)
        closed = []
        if self._begins_segment(flat):
            number = self._next_number(flat)
            closed = self.take()
            self._first_number = number
        if self.lines or line.strip():
            self._note(flat)
            self._add(line)
        if len(self.lines) == 1 and HEADING.match(line):
            closed += self.take()
        return closed

    def feed_start(self, start: str) -> list[Segment]:
        """Close what is surely closed by a line of which only the start is known."""
        if not self.lines or self.lines[-1].strip() or self.fence or self._maths:
            return []
        if not start or start[0].isspace() or (self._items and MAYBE_MARKER.match(start)):
            return []
        return self.take()

    def take(self) -> list[Segment]:
        """End the open segment."""
        segment = Segment(tuple(self.lines), self.fence, self._first_number)
        found = [segment] if self.lines else []
        self.lines, self.fence, self._maths = [], None, False
        self._items, self._first_number, self._size = None, None, 0
        return found

    def peek(self, rest: str) -> Segment:
        """What is open, with `rest` as its last line."""
        return Segment((*self.lines, rest), self.fence, self._first_number)

    def _add(self, line: str) -> None:
        self.lines.append(line)
        self._size += len(line) + 1

    def _begins_segment(self, line: str) -> bool:
        if not self.lines or not line.strip():
            return False
        depth = len(line) - len(line.lstrip(" "))
        if self._items and depth >= self._items.offset:
            return False
        if HEADING.match(line) or Fence.opened_by(line):
            return True
        after_blank = not self.lines[-1].strip()
        marker = _marker(line)
        if self._items and marker:
            return self._size >= LONG_LIST
        if marker and (after_blank or _interrupts(marker)):
            return True
        return after_blank and depth == 0

    def _next_number(self, line: str) -> int | None:
        """The number with which a long list goes on after a cut."""
        marker = _marker(line)
        if marker and self._items and self._items.kind == _kind(marker) and self._items.kind in ".)":
            return self._items.number + 1
        return None

    def _note(self, line: str) -> None:
        """Remember what decides about the lines to come."""
        depth = len(line) - len(line.lstrip(" "))
        marker = _marker(line) if not (self._items and depth >= self._items.offset) else None
        if marker and (self._items or not self.lines):
            self._note_item(marker)
            return
        if self._items and line.strip():
            if depth >= self._items.offset:
                return
            if not self.lines[-1].strip():
                self._items = None
        self.fence = Fence.opened_by(line) if not self.lines else None
        self._maths = bool(not self._items and MATH.match(line))

    def _note_item(self, marker: re.Match[str]) -> None:
        spaces = len(marker[3] or " ")
        offset = marker.end(2) + (spaces if spaces < 5 else 1)
        kind, items = _kind(marker), self._items
        if items and items.kind == kind:
            number = items.number + 1
        elif self._first_number is not None:
            number = self._first_number
        else:
            number = int(marker[2][:-1]) if kind in ".)" else 0
        self._items = Items(kind=kind, offset=offset, number=number)


def _flatten(line: str) -> str:
    return line.expandtabs(4) if "\t" in line[:16] else line


def _marker(line: str) -> re.Match[str] | None:
    return None if RULE.match(line) else MARKER.match(line.rstrip(" "))


def _kind(marker: re.Match[str]) -> str:
    return marker[2][-1]


def _interrupts(marker: re.Match[str]) -> bool:
    """A list may follow a paragraph at once if it has content and, with numbers, starts at 1."""
    return marker[3] is not None and marker[2] in {"-", "+", "*", "1.", "1)"}


def split(text: str) -> list[Segment]:
    splitter = Splitter()
    lines = text.removesuffix("\n").split("\n")
    found = [segment for line in lines for segment in splitter.feed(line)]
    return found + splitter.take()
