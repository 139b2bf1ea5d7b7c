"""Hostile texts that rendering decides about, what they may leave behind, and texts as people get them."""

import json
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from random import Random

from apps.web.markdown.sanitiser import MATH_TAGS, TEXT_TAGS

DOCUMENTS = Path(__file__).with_name("documents.jsonl")
CORPUS = Path(__file__).parents[1] / "bad_inputs" / "markdown.jsonl"
VOID = {"br", "hr", "input"}
BUILDERS = {
    "indent_list": lambda depth: "".join("  " * level + "- x\n" for level in range(depth)),
    "backtick_ladder": lambda count: "".join("`" * length + "a " for length in range(1, count + 1)),
    "mermaid_nodes": lambda count: "".join(f"n{node}-->n{node + 1}\n" for node in range(count)),
}


def corpus(*outcomes: str) -> dict[str, list[str]]:
    """Name of the entry to its parts, in the order in which they would arrive."""
    entries = map(json.loads, CORPUS.read_text().splitlines())
    return {
        entry["id"]: [_part(*part) for part in entry["parts"]]
        for entry in entries
        if entry["outcome"] in outcomes
    }


def documents() -> dict[str, str]:
    """Name of each document to its text: together everything that Markdown can say."""
    entries = map(json.loads, DOCUMENTS.read_text().splitlines())
    return {entry["name"]: entry["text"] for entry in entries}


def deltas(text: str, *, most: int, random: Random) -> list[str]:
    """The text cut at random places into at most so many pieces."""
    count = min(random.randint(1, most), len(text))
    cuts = [0, *sorted(random.sample(range(1, len(text)), count - 1)), len(text)]
    return [text[start:end] for start, end in pairwise(cuts)]


def _part(unit: str, times: int) -> str:
    return BUILDERS[unit](times) if unit in BUILDERS else unit * times


class Reading(HTMLParser):
    """Reads HTML as a strict browser would: raises where it is not balanced."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def attributes(self) -> set[str]:
        return {name for _, attributes in self.tags for name in attributes}

    @property
    def addresses(self) -> list[str]:
        return [str(attributes["href"]) for _, attributes in self.tags if "href" in attributes]

    def assert_inert(self) -> None:
        assert {tag for tag, _ in self.tags} <= TEXT_TAGS | MATH_TAGS
        loading = {"src", "srcset", "style", "poster", "background", "action", "formaction", "name", "xmlns"}
        assert not self.attributes & loading
        assert not [name for name in self.attributes if name.startswith(("on", "hx-", "ws-"))]
        assert all(url.startswith(("http://", "https://", "mailto:", "#fn")) for url in self.addresses)
