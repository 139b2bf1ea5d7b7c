"""Tokens to HTML, where ours differs from the library's."""

from collections.abc import MutableMapping, Sequence
from html import escape
from typing import Any

from django.utils.translation import gettext as _
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from apps.web.markdown import code, maths
from apps.web.markdown.links import host_of, is_allowed
from apps.web.markdown.page import Page

Env = MutableMapping[str, Any]


class Renderer(RendererHTML):
    def link_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
        tokens[index].attrSet("target", "_blank")
        return self.renderToken(tokens, index, options, env)

    def link_host(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
        return f' <span class="link-host">({escape(tokens[index].content)})</span>'

    def image(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
        """A picture elsewhere would tell its host who reads: a link, followed by choice."""
        token = tokens[index]
        url = str(token.attrs.get("src", ""))
        text = escape(self.renderInlineAsText(token.children, options, env))
        if token.meta.get("linked") or not is_allowed(url):
            return text
        host = escape(host_of(url))
        label = f'{text} <span class="link-host">({host})</span>' if text else host
        return f'<a class="remote-image" href="{escape(url)}" target="_blank">{label}</a>'

    def fence(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
        page: Page = env["page"]
        token = tokens[index]
        growing = "growing" in token.meta
        whole = not growing and _is_whole(token)
        return figure(token.content, token.info, page, growing=growing, is_whole=whole)

    def code_block(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
        return code.figure(tokens[index].content, "", coloured=False)

    def math_inline(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
        source = tokens[index].content
        return maths.draw(source, display=False, affordable=env["page"].budget.affords_maths(source))

    def math_block(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
        source = tokens[index].content
        return maths.draw(source, display=True, affordable=env["page"].budget.affords_maths(source))

    def table_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
        label = escape(_("Table"))
        return f'<div class="table-scroll" tabindex="0" role="group" aria-label="{label}" dir="auto"><table>'

    def th_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
        """A heading without words is a cell like others, or listeners would be told of a heading."""
        if not tokens[index + 1].content:
            tokens[index].tag = tokens[index + 2].tag = "td"
        return self.renderToken(tokens, index, options, env)

    def table_close(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
        return "</table></div>\n"

    def task_box(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
        checked, label = (" checked", _("Completed task")) if tokens[index].info else ("", _("Open task"))
        return f'<input type="checkbox" disabled{checked} aria-label="{escape(label)}"> '

    def footnote_ref(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
        page: Page = env["page"]
        number, again = tokens[index].meta["number"], tokens[index].meta["again"]
        if page.live:
            return f'<sup class="footnote">{number}</sup>'
        name = "" if again else f' id="fnref-{page.scope}-{number}"'
        return f'<sup class="footnote"><a{name} href="#fn-{page.scope}-{number}">{number}</a></sup>'

    def footnote_reference_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env
    ) -> str:
        number = env["page"].number_of(tokens[index].meta["label"])
        return f'<section class="footnotes" dir="auto"><ol start="{number}"><li>'

    def footnote_reference_close(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env
    ) -> str:
        return "</li></ol></section>\n"


def _is_whole(fence: Token) -> bool:
    """Whether the lines that it takes are those of its text and both its marks."""
    first, behind = fence.map or (0, 0)
    return fence.content.endswith("\n") and behind - first == fence.content.count("\n") + 2


def figure(text: str, info: str, page: Page, *, is_whole: bool, growing: bool = False) -> str:
    """A code block; it gets its colours when it is whole, and while the page can afford them."""
    language = code.language_of(info)
    coloured = not growing and code.can_colour(text, language) and page.budget.affords_code(text)
    return code.figure(text, language, coloured=coloured, is_whole=is_whole)
