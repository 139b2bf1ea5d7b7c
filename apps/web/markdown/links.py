"""Links: which addresses may be followed, and what the reader is told about them."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from markdown_it.common.normalize_url import normalizeLink
from markdown_it.token import Token

ALLOWED = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
BARE = re.compile(r"\bhttps?://[^\s<>\"'`\\|^{}，。；：！？、）】》」』]{1,2000}", re.IGNORECASE)
LIKE_ADDRESS = re.compile(r"https?://|www\.|^(?:[\w-]+\.)+\w{2,}(?:[/:?#]\S*)?$", re.IGNORECASE)
TRAILING = ".,:;!?*_~)]"
CLOSERS = {")": "(", "]": "["}


def is_allowed(url: str) -> bool:
    return ALLOWED.match(url) is not None


def host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def is_misleading(text: str, url: str) -> bool:
    """Whether the text of a link looks like an address, but of another place."""
    text = text.strip()
    if not LIKE_ADDRESS.search(text):
        return False
    shown = text if "://" in text else f"http://{text}"
    return host_of(shown) != host_of(url)


def _trimmed(url: str) -> str:
    """Without the punctuation of the sentence around it."""
    while url and url[-1] in TRAILING:
        opener = CLOSERS.get(url[-1])
        if opener and url.count(opener) >= url.count(url[-1]):
            break
        url = url[:-1]
    return url


def linkified(text: Token, *, growing: bool) -> Iterator[Token]:
    """Split a text at its bare addresses; one that may still grow stays text."""
    start = 0
    for match in BARE.finditer(text.content):
        url = _trimmed(match[0])
        if growing and match.end() == len(text.content):
            break
        if not host_of(url):
            continue
        href = normalizeLink(url)
        yield Token("text", "", 0, content=text.content[start : match.start()])
        yield Token("link_open", "a", 1, attrs={"href": href})
        yield Token("text", "", 0, content=url if url.isascii() else href)
        yield Token("link_close", "a", -1)
        start = match.start() + len(url)
    yield Token("text", "", 0, content=text.content[start:])


def guarded(children: list[Token], *, growing: bool) -> list[Token]:
    """Bare addresses become links, forbidden links become text, misleading ones name their host."""
    found: list[Token] = []
    opened: Token | None = None
    shown: list[str] = []
    for token in children:
        if token.type == "link_open":
            opened, shown = token, []
            if is_allowed(_href(token)):
                found.append(token)
        elif token.type == "link_close" and opened:
            if is_allowed(_href(opened)):
                found.append(token)
                found.extend(_warning("".join(shown), _href(opened)))
            opened = None
        elif token.type == "text" and not opened and "://" in token.content:
            found.extend(linkified(token, growing=growing and token is children[-1]))
        else:
            shown.append(token.content)
            token.meta["linked"] = opened is not None
            found.append(token)
    return found


def _href(token: Token) -> str:
    return str(token.attrs.get("href", ""))


def _warning(text: str, url: str) -> list[Token]:
    if not is_misleading(text, url):
        return []
    return [Token("link_host", "", 0, content=host_of(url) or url)]
