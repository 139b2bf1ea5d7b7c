"""How much work one text may cause: counted, not timed, so that the same text gives the same page."""

import re
from dataclasses import dataclass

from apps.web.markdown.splitter import Segment

LONGEST_BLOCK = 20_000  # characters
DEAREST_BLOCK = 40_000  # microseconds: an open block is parsed many times
DELIMITER_ROW = re.compile(r"[ \t>|]*:?-[-| \t:]*$")
ITEM = re.compile(r"(?<![^\s>])(?:[-+*]|\d{1,9}[.)])\s")


def cost(segment: Segment) -> float:
    """About the microseconds that parsing takes."""
    text = segment.text
    if segment.fence:
        return 60 + 0.2 * len(text)
    marks = 8 * sum(map(text.count, "*_`~<$&")) + 30 * len(ITEM.findall(text))
    brackets = 20 * text.count("[") + 25 * text.count("![") + 20 * text.count("[[")
    cells = max((line.count("|") + 1 for line in segment.lines if DELIMITER_ROW.match(line)), default=0)
    return 60 + 0.5 * len(text) + marks + brackets + len(segment.lines) * (15 + 15 * cells)


@dataclass
class Budget:
    """What is left, in microseconds of parsing, characters of formulas and of coloured code."""

    work: float = 170_000
    maths: int = 6_000
    code: int = 24_000

    def admits(self, segment: Segment) -> bool:
        """Charge for the segment; False if it must stay plain text."""
        if not segment.fence and sum(map(len, segment.lines)) > LONGEST_BLOCK:
            return False
        price = cost(segment)
        if price > self.work or (price > DEAREST_BLOCK and not segment.fence):
            return False
        self.work -= price
        return True

    @property
    def affords_any(self) -> bool:
        """Whether any block would be admitted that is none of the longest."""
        return self.work > DEAREST_BLOCK

    def affords_maths(self, source: str) -> bool:
        if len(source) > self.maths:
            return False
        self.maths -= len(source)
        return True

    def affords_code(self, code: str) -> bool:
        if len(code) > self.code:
            return False
        self.code -= len(code)
        return True
