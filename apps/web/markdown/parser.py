"""CommonMark with tables, task lists, footnotes and maths; raw HTML is text."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from apps.web.markdown.footnotes import footnotes_plugin
from apps.web.markdown.links import guarded
from apps.web.markdown.maths import maths_plugin
from apps.web.markdown.renderer import Renderer

DEEPEST = 40  # blocks within each other; markdown-it silently drops what is deeper
TASK = re.compile(r"\[([ xX])\][ \t]+")


class Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the name is the library's
        """Every address parses as a link; which of them may be followed is decided afterwards."""
        return True

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802 - the name is the library's
        """Addresses are shown as they are: a name in foreign letters as punycode."""
        return self.normalizeLink(link)


def _finish_inline(state: StateCore) -> None:
    page = state.env["page"]
    last = state.tokens[-2] if len(state.tokens) > 1 else None
    for token in state.tokens:
        if token.type == "inline":
            growing = page.growing and token is last
            token.children = guarded(token.children or [], growing=growing)
        elif style := token.attrs.pop("style", None):
            token.attrSet("class", f"align-{str(style).rpartition(':')[2]}")
        if token.level == 0 and token.nesting == 1:
            token.attrSet("dir", "auto")


def _tasks(state: StateCore) -> None:
    lists: list[Token] = []
    for index, token in enumerate(state.tokens):
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            lists.append(token)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            lists.pop()
        elif token.type == "list_item_open" and (box := _task_box(state.tokens[index + 1 : index + 3])):
            token.attrSet("class", "task")
            lists[-1].attrSet("class", "tasks")
            box.meta["linked"] = False


def _task_box(following: list[Token]) -> Token | None:
    if [token.type for token in following] != ["paragraph_open", "inline"]:
        return None
    children = following[1].children or []
    match = TASK.match(children[0].content) if children and children[0].type == "text" else None
    if match is None:
        return None
    children[0].content = children[0].content[match.end() :]
    box = Token("task_box", "input", 0, info=match[1].strip().lower())
    children.insert(0, box)
    return box


def _build() -> Parser:
    options = {"html": False, "maxNesting": DEEPEST}
    parser = Parser("commonmark", options, renderer_cls=Renderer)
    parser.enable(["table", "strikethrough"])
    parser.disable(["html_block", "html_inline"])
    parser.use(maths_plugin).use(footnotes_plugin)
    parser.core.ruler.push("tasks", _tasks)
    parser.core.ruler.push("finish_inline", _finish_inline)
    parser.core.ruler.disable(["normalize", "block"])
    return parser


PARSER = _build()
