"""The last wall: nothing leaves this package that is not on these lists."""

import re

import nh3
from pygments.token import STANDARD_TYPES

from apps.web.markdown.languages import LANGUAGES

TEXT_TAGS = {
    *("a", "blockquote", "br", "button", "code", "div", "em", "figcaption", "figure"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "input", "li", "ol", "p", "pre", "s", "section", "span"),
    *("strong", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
MATH_TAGS = {
    *("math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle"),
    *("msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "none"),
    *("mtable", "mtr", "mtd", "mpadded", "mphantom", "menclose"),
}
MATH_ATTRIBUTES = {
    *("display", "displaystyle", "scriptlevel", "mathvariant", "mathsize", "mathcolor", "accent"),
    *("accentunder", "stretchy", "fence", "form", "separator", "largeop", "movablelimits", "symmetric"),
    *("minsize", "maxsize", "lspace", "rspace", "width", "height", "depth", "linethickness"),
    *("columnalign", "columnspacing", "columnlines", "rowspacing", "rowlines", "rowalign", "notation"),
}
FOOTNOTE_TARGET = re.compile(r"#fn(?:ref)?-[A-Za-z0-9-]{1,80}")
LINK_SCHEMES = {"http", "https", "mailto"}


def _own_target(url: str) -> str | None:
    return url if FOOTNOTE_TARGET.fullmatch(url) else None


def _attributes() -> dict[str, set[str]]:
    attributes = {tag: set(MATH_ATTRIBUTES) for tag in MATH_TAGS}
    attributes |= {
        "*": {"dir"},
        "a": {"href", "title", "id", "aria-label"},
        "button": {"data-copy", "data-wrap"},
        "div": {"tabindex", "aria-label"},
        "figure": {"data-language"},
        "input": {"checked", "disabled", "aria-label"},
        "li": {"id"},
        "ol": {"start"},
        "pre": {"tabindex"},
        "section": {"aria-label"},
    }
    return attributes


SANITISER = nh3.Cleaner(
    tags=TEXT_TAGS | MATH_TAGS,
    clean_content_tags={"script", "style"},
    attributes=_attributes(),
    tag_attribute_values={
        "a": {"target": {"_blank"}},
        "button": {"type": {"button"}, "aria-pressed": {"false"}},
        "div": {"role": {"group"}},
        "input": {"type": {"checkbox"}},
        "section": {"role": {"group"}},
    },
    allowed_classes={
        "a": {"footnote-back", "remote-image"},
        "button": {"code-copy", "code-wrap"},
        "code": {"math-source"} | {f"language-{name}" for name in LANGUAGES},
        "div": {"diagram", "math-display", "table-scroll"},
        "figure": {"code"},
        "li": {"task"},
        "ol": {"tasks"},
        "pre": {"plain"},
        "section": {"footnotes"},
        "span": {"code-language", "diagram-tools", "link-host"}
        | {name for name in STANDARD_TYPES.values() if name},
        "sup": {"footnote"},
        "td": {"align-left", "align-center", "align-right"},
        "th": {"align-left", "align-center", "align-right"},
        "ul": {"tasks"},
    },
    link_rel="noopener noreferrer nofollow ugc",
    url_schemes=LINK_SCHEMES,
    url_relative=_own_target,
)
