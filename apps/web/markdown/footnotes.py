"""Footnotes: ours number by first mention and carry no name that the text has chosen."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote.index import footnote_def

from apps.web.markdown.page import Page

REFERENCE = re.compile(r"\[\^([^\]\s]{1,64})\]")


def _reference(state: StateInline, silent: bool) -> bool:
    page: Page = state.env["page"]
    match = REFERENCE.match(state.src, state.pos, state.posMax)
    if match is None or not (page.live or match[1] in page.notes):
        return False
    if not silent:
        token = state.push("footnote_ref", "", 0)
        again = match[1] in page.numbers
        token.meta = {"number": page.number_of(match[1]), "again": again}
    state.pos = match.end()
    return True


def footnotes_plugin(parser: MarkdownIt) -> None:
    parser.block.ruler.before("reference", "footnote_def", footnote_def, {"alt": ["paragraph", "reference"]})
    parser.inline.ruler.after("image", "footnote_ref", _reference)


def take_notes(tokens: list[Token], page: Page) -> list[Token]:
    """Move the definitions out of the text and into the page; the first of a name counts."""
    kept: list[Token] = []
    note: list[Token] | None = None
    for token in tokens:
        if token.type == "footnote_reference_open":
            note = page.notes.setdefault(token.meta["label"], [])
            note = [] if note else note
        elif token.type == "footnote_reference_close":
            note = None
        else:
            (kept if note is None else note).append(token)
    return kept
