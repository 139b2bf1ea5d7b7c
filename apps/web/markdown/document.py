"""A whole text, and each of its segments, as safe HTML."""

import re
from html import escape

from django.utils.translation import gettext as _
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from apps.web.markdown.completion import complete_last, held_back
from apps.web.markdown.footnotes import take_notes
from apps.web.markdown.page import Page
from apps.web.markdown.parser import DEEPEST, PARSER
from apps.web.markdown.renderer import figure
from apps.web.markdown.sanitiser import SANITISER
from apps.web.markdown.splitter import Segment

# One line in which nothing is Markdown, and of which nothing has to be escaped: most of what models write.
PROSE = re.compile(r"(?!\d{1,9}(?:[.)]| *$))\w[\w ,.;?'()\"\u2019\u201c\u201d\u2013\u2014]*")
LONGEST_PROSE = 4_000  # characters
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
Blocks = list[Token] | None  # None: drawn without parsing


def cleaned(text: str) -> str:
    """One kind of line end, and only characters that can be written."""
    return UNSTORABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def plain(text: str) -> str:
    """The text as it was written: nothing in it but our own tag and what we escaped."""
    return f'<pre class="plain" dir="auto">{escape(text, quote=False)}</pre>\n'


def blocks_of(segment: Segment, page: Page) -> Blocks:
    """Parse the blocks of a segment; what it defines is noted on the page."""
    if segment.fence or _is_prose(segment):
        return None
    tokens: list[Token] = []
    PARSER.block.parse(segment.text, PARSER, page.env, tokens)
    if any(token.nesting == 1 and token.level >= DEEPEST - 1 for token in tokens):
        return None
    if segment.first_number is not None and tokens and tokens[0].type == "ordered_list_open":
        tokens[0].attrSet("start", segment.first_number)
    return tokens


def draw_blocks(tokens: list[Token], page: Page) -> str:
    env = page.env
    state = StateCore("", PARSER, env, tokens)
    PARSER.core.process(state)
    return str(PARSER.renderer.render(state.tokens, PARSER.options, env))


def draw(segment: Segment, blocks: Blocks, page: Page) -> str:
    if blocks is not None:
        html = draw_blocks(blocks, page)
    elif _is_prose(segment):
        return _paragraph(segment)
    elif segment.fence:
        html = figure(segment.code, segment.fence.info, page, is_whole=segment.is_whole)
    else:
        return plain(segment.text)
    return SANITISER.clean(html)


def draw_closed(segment: Segment, page: Page) -> str:
    """A segment that is whole, of a text that may go on."""
    if not page.budget.admits(segment):
        return plain(segment.text)
    return draw(segment, blocks_of(segment, page), page)


def draw_open(segment: Segment, page: Page) -> str:
    """The last segment of a text that goes on: what is half written is completed or held back."""
    if _is_prose(segment) and page.budget.affords_any:
        return _paragraph(segment)
    segment, draft = held_back(segment), page.draft()
    if not draft.budget.admits(segment):
        return plain(segment.text)
    blocks = blocks_of(segment, draft)
    if blocks is None:
        return draw(segment, None, draft)
    return draw(segment, complete_last(blocks), draft)


def _is_prose(segment: Segment) -> bool:
    """Whether the segment is one line in which a parser, which comes at every tick, would find nothing."""
    line, *others = segment.lines
    if segment.fence or len(line) > LONGEST_PROSE or any(map(str.strip, others)):
        return False
    return "_" not in line and PROSE.fullmatch(line) is not None


def _paragraph(segment: Segment) -> str:
    return f'<p dir="auto">{segment.lines[0].rstrip(" ")}</p>\n'


def draw_all(segments: list[Segment], scope: str) -> list[str]:
    """The finished text: definitions count wherever they stand."""
    page = Page(scope)
    admitted = [page.budget.admits(segment) for segment in segments]
    parsed: list[Blocks] = []
    for segment, fits in zip(segments, admitted, strict=True):
        blocks = blocks_of(segment, page) if fits else None
        parsed.append(take_notes(blocks, page) if blocks is not None else None)
    html = []
    for segment, blocks, fits in zip(segments, parsed, admitted, strict=True):
        html.append(draw(segment, blocks, page) if fits else plain(segment.text))
    return [*html, *_draw_notes(page)]


def _draw_notes(page: Page) -> list[str]:
    items: list[str] = []
    while len(items) < len(page.numbers):  # a note may mention further notes
        label = list(page.numbers)[len(items)]
        number = page.numbers[label]
        body = draw_blocks(page.notes[label], page)
        label = escape(_("Back to the text"))
        back = (
            f'<a class="footnote-back" href="#fnref-{page.scope}-{number}" aria-label="{label}">↩\ufe0e</a>'
        )
        items.append(f'<li id="fn-{page.scope}-{number}">{body}{back}</li>\n')
    if not items:
        return []
    title = escape(_("Footnotes"))
    start = f'<section class="footnotes" role="group" aria-label="{title}" dir="auto"><ol>'
    return [SANITISER.clean(f"{start}{''.join(items)}</ol></section>\n")]
