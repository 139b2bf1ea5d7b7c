"""The open end of a growing text: half-written constructs are completed or held back.

What is shown is what the text will most likely mean; nothing of it is kept once the block closes.
"""

import re
from dataclasses import replace

from markdown_it.token import Token

from apps.web.markdown.inline_completion import completed
from apps.web.markdown.splitter import Fence, Segment

CONTAINERS = r"(?:[ \t>]|[-+*][ \t]+|\d{1,9}[.)][ \t]+)*"
# a last line of which nobody can tell yet what it begins
UNDECIDED = re.compile(
    CONTAINERS
    + r"(?:[-+*=_]{1,80}[ \t]*|[-*_](?:[ \t]{1,3}[-*_])*|\d{1,9}[.)]?|#{1,6}|`{1,2}|~{1,2}|\||>"
    + r"|\\\[?|\$\$?|\[\^?[^\]]{0,99}\]?|)[ \t]*$"
)
OPENING_FENCE = re.compile(CONTAINERS + r"(?:`{3,}[^`]*|~{3,}.*)$")
DEFINITION = re.compile(CONTAINERS + r"\[[^\]]{1,99}\]:(?<!\]:\]:)[^\n]*$")
NOTE = re.compile(CONTAINERS + r"\[\^[^\]]{1,99}\]:[ \t]*\S")
DELIMITER_START = re.compile(r"[ \t>]*\|?[-:| \t]*$")
MATHS_START = re.compile(CONTAINERS + r"(?:\$\$|\\\[)(?!.*(?:\$\$|\\\]))")
MATHS_END = re.compile(r"(?:\$\$|\\\])[ \t]*$")
LONGEST_START = 200  # characters within which a line shows what it is


def held_back(segment: Segment) -> Segment:
    """The segment without the last lines that may still become anything."""
    lines = list(segment.lines)
    if _is_undecided(lines[-1]):
        lines[-1] = ""
    _drop_open_maths(lines)
    _drop_table_start(lines)
    return replace(segment, lines=tuple(lines))


def could_close(fence: Fence, line: str) -> bool:
    """Whether the last line of a code block may become its end."""
    start = line.strip(" \t")
    return bool(start) and not start.strip(fence.mark[0])


def _is_undecided(line: str) -> bool:
    if OPENING_FENCE.match(line[:LONGEST_START]):
        return True
    if DEFINITION.match(line[:LONGEST_START]) and not NOTE.match(line[:LONGEST_START]):
        return True
    return len(line) <= LONGEST_START and UNDECIDED.match(line) is not None


def _drop_open_maths(lines: list[str]) -> None:
    """A displayed formula shows when it is whole."""
    for index in range(len(lines) - 1, max(len(lines) - 60, -1), -1):
        if MATHS_START.match(lines[index]):
            del lines[index:]
            lines.append("")
            return
        if (not lines[index].strip() and index < len(lines) - 1) or MATHS_END.search(lines[index]):
            return


def _drop_table_start(lines: list[str]) -> None:
    """A row of pipes may be the head of a table: that is known after the line below it."""
    rows = 0
    end = len(lines) - (0 if lines[-1] else 1)
    while rows < min(end, 3) and lines[end - 1 - rows].lstrip(" \t>").startswith("|"):
        rows += 1
    complete = end < len(lines)
    if rows == 1 or (rows == 2 and not complete and DELIMITER_START.match(lines[end - 1])):
        del lines[end - rows :]
        lines.append("")


def complete_last(tokens: list[Token]) -> list[Token]:
    """Complete the text in which the segment ends, if it does not end in something whole."""
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        if token.type == "fence":
            token.meta["growing"] = True
            return tokens
        if token.type in {"code_block", "math_block", "hr"}:
            return tokens
        if token.type == "inline" and token.content:
            token.content = completed(token.content)
            alone = token.level == 1 and tokens[index - 1].type in {"paragraph_open", "heading_open"}
            return tokens if token.content or not alone else tokens[: index - 1] + tokens[index + 2 :]
    return tokens
