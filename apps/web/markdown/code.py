"""Code blocks: their frame, and their colours as classes."""

import re
from functools import lru_cache
from html import escape

from django.utils.translation import gettext as _
from pygments import highlight as colour
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

from apps.web.markdown.languages import LANGUAGES

DIAGRAM = "mermaid"  # the language that browsers draw: static/js/diagrams.js
LONGEST_LABEL = 32
LONGEST_COLOURED = 12_000  # characters; a lexer costs 2 µs for each
LONGEST_COLOURED_LINE = 500  # lexers are quadratic in long lines
# these look from each line for a function that may follow: quadratic in what has no punctuation
LOOK_FAR = {"c", "cpp", "csharp", "java"}
NO_FUNCTION = re.compile(r"[^;{}()=/\"'#]{400}")
# these look for an end that may be missing
OPEN_ENDED = (("/*", "*/"), ("<!--", "-->"), ("<?", "?>"), ("<![", "]>"))
MOST_OPEN_ENDED = 30
FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


def frame_start(language: str, *, diagram: bool = False) -> str:
    """Everything of a code block before its text; of a `diagram` with places for what shows it drawn."""
    label = escape(language)
    name = f' class="language-{label}"' if language in LANGUAGES else ""
    wrap, copy = escape(_("Wrap lines")), escape(_("Copy"))
    tools = f'<button type="button" class="code-wrap" data-wrap aria-pressed="false">{wrap}</button>'
    if diagram:
        tools = f'<span class="diagram-tools">{tools}</span>'
    start = '<div class="diagram">' if diagram else ""
    return (
        f'<figure class="code" data-language="{label}" dir="ltr"><figcaption>'
        f'<span class="code-language">{label}</span>{tools}'
        f'<button type="button" class="code-copy" data-copy>{copy}</button></figcaption>'
        f'{start}<pre tabindex="0"><code{name}>'
    )


def frame_end(*, diagram: bool = False) -> str:
    return f"</code></pre>{'</div>' if diagram else ''}</figure>\n"


def language_of(info: str) -> str:
    """The first word after the fence, as a label."""
    word = re.split(r"[\s{,:]", info.strip(), maxsplit=1)[0]
    return word[:LONGEST_LABEL].lower()


def can_colour(code: str, language: str) -> bool:
    if language not in LANGUAGES or len(code) > LONGEST_COLOURED:
        return False
    if LANGUAGES[language] in LOOK_FAR and NO_FUNCTION.search(code):
        return False
    if any(code.count(start) - code.count(end) > MOST_OPEN_ENDED for start, end in OPEN_ENDED):
        return False
    return max(map(len, code.split("\n"))) <= LONGEST_COLOURED_LINE


def figure(code: str, language: str, *, coloured: bool, is_whole: bool = True) -> str:
    """`is_whole`: its end was written; half a diagram is not one."""
    text = _coloured(code, LANGUAGES[language]) if coloured else escape(code, quote=False)
    diagram = language == DIAGRAM and is_whole and bool(code.strip())
    return frame_start(language, diagram=diagram) + text + frame_end(diagram=diagram)


@lru_cache(maxsize=64)
def _coloured(code: str, lexer: str) -> str:
    return colour(code, _lexer(lexer), FORMATTER)


@lru_cache
def _lexer(name: str) -> Lexer:
    return get_lexer_by_name(name, stripnl=False, ensurenl=False)
