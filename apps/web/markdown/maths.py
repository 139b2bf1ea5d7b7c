r"""Formulas in $…$, $$…$$, \(…\) and \[…\], drawn as MathML on the server."""

import re
from functools import lru_cache
from html import escape, unescape
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import Converter
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

LONGEST_FORMULA = 1_500
DEEPEST_FORMULA = 30  # braces and environments within each other
BRACKETS = {"\\(": "\\)", "\\[": "\\]"}
# a macro can double itself at each line: a bomb
MACROS = re.compile(r"\\(?:g|e|x)?def\b|\\(?:re)?newcommand|\\newenvironment|\\providecommand|\\let\b")
ALIGNED = re.compile(r"\\(begin|end)\{(?:aligned|alignedat|split|align|eqnarray\*?|flalign\*?)\}")
STACKED = re.compile(r"\\(begin|end)\{(?:gathered|gather\*?|multline\*?)\}")
NUMBERED = re.compile(r"\\(?:begin|end)\{(?:equation\*?|displaymath|math)\}|\\(?:nonumber|notag)\b")


@lru_cache(maxsize=512)
def mathml(source: str, display: bool) -> str | None:
    """None if this is not a formula that we can draw."""
    if len(source) > LONGEST_FORMULA or _depth(source) > DEEPEST_FORMULA or MACROS.search(source):
        return None
    source = STACKED.sub(r"\\\1{matrix}", ALIGNED.sub(r"\\\1{align*}", NUMBERED.sub("", source)))
    try:
        element = Converter(display="block" if display else "inline").convert_to_element(source)
    except Exception:  # noqa: BLE001 - the converter fails in every way there is; we show the source
        return None
    if not _understood(element):
        return None
    element.attrib.pop("xmlns")
    return tostring(element, encoding="unicode")


def draw(source: str, *, display: bool, affordable: bool = True) -> str:
    drawn = mathml(source, display) if affordable else None
    if drawn is None:
        drawn = f'<code class="math-source">{escape(source, quote=False)}</code>'
    return f'<div class="math-display" tabindex="0" dir="ltr">{drawn}</div>' if display else drawn


def _depth(source: str) -> int:
    depth = deepest = 0
    for opening in re.findall(r"([{\[(]|\\begin|\\left)|[}\])]|\\end|\\right", source):
        depth += 1 if opening else -1
        deepest = max(deepest, depth)
    return deepest


def _understood(element: Element) -> bool:
    """Turn the converter's half-escaped text into plain text; False if a command was left over."""
    for node in element.iter():
        node.text = unescape(node.text) if node.text else node.text
        if node.tag in {"mi", "mo"} and node.text and len(node.text) > 1 and node.text[0] == "\\":
            return False
        if node.tag == "mi" and node.text == "&":
            return False
    return True


def closing(text: str, start: int) -> tuple[int, int] | None:
    """Where the content of the formula opened at `start` ends, and where the formula ends."""
    opening = text[start : start + 2]
    if opening in BRACKETS or opening == "$$":
        mark = BRACKETS.get(opening, "$$")
        end = text.find(mark, start + 2, start + 4 + LONGEST_FORMULA)
        return (end, end + 2) if end > start + 2 else None
    if text[start + 1 : start + 2].isspace():
        return None
    end = text.find("$", start + 1, start + 2 + LONGEST_FORMULA)
    if end <= start + 1 or text[end - 1].isspace() or text[end - 1] == "\\":
        return None
    return None if text[end + 1 : end + 2].isdigit() else (end, end + 1)


def _inline(state: StateInline, silent: bool) -> bool:
    start = state.pos
    if state.src[start] != "$" and state.src[start : start + 2] not in BRACKETS:
        return False
    found = closing(state.src, start)
    if found is None or found[1] > state.posMax:
        return False
    if not silent:
        wide = state.src[start : start + 2] in {"$$", "\\[", "\\("}
        token = state.push("math_inline", "math", 0)
        token.content = state.src[start + (2 if wide else 1) : found[0]].strip()
    state.pos = found[1]
    return True


def _block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    start = state.bMarks[start_line] + state.tShift[start_line]
    opening = state.src[start : start + 2]
    if opening not in {"$$", "\\["} or state.is_code_block(start_line):
        return False
    mark = BRACKETS.get(opening, "$$")
    lines: list[str] = []
    for line in range(start_line, end_line):
        first = state.bMarks[line] + state.tShift[line] + (2 if line == start_line else 0)
        text = state.src[first : state.eMarks[line]].rstrip()
        if line > start_line and (not text or state.sCount[line] < state.blkIndent):
            return False
        if text.endswith(mark):
            lines.append(text[: -len(mark)])
            break
        if mark in text:
            return False
        lines.append(text)
    else:
        return False
    if silent:
        return True
    token = state.push("math_block", "math", 0)
    token.content, token.map = "\n".join(lines).strip(), [start_line, line + 1]
    state.line = line + 1
    return True


def maths_plugin(parser: MarkdownIt) -> None:
    parser.inline.ruler.before("escape", "math_inline", _inline)
    parser.block.ruler.before(
        "fence", "math_block", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
