import ast
import hashlib
import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
LONGEST_FILE = 300  # lines
LONGEST_FUNCTION = 40  # lines
TOP_LEVEL = {
    "manage.py", "apps", "config", "templates", "static", "docker", "requirements", "tests",
    "Makefile", "README.md", "pyproject.toml", "LICENSE",
}  # fmt: skip
NAMELESS = {"core", "common", "utils", "util", "helpers", "helper", "misc", "base_utils"}
MAY_BE_INLINE = {"application/json", "application/ld+json"}  # data blocks: the policy lets them be
VENDOR = CHECKOUT / "static" / "vendor"
SHA256 = re.compile(r"\b[0-9a-f]{64}\b")
PLACEHOLDER = re.compile(r"\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\}", re.DOTALL)


def product_modules() -> Iterator[Path]:
    for folder in ("apps", "config"):
        yield from (path for path in (CHECKOUT / folder).rglob("*.py") if "migrations" not in path.parts)


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    return listed.stdout.splitlines()


def test_files_are_short() -> None:
    lengths = {_name(path): len(path.read_text().splitlines()) for path in product_modules()}

    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_functions_are_short() -> None:
    lengths = {
        f"{_name(path)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in product_modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_top_level_is_what_the_map_says() -> None:
    found = {name.partition("/")[0] for name in tracked()}

    assert {name for name in found - TOP_LEVEL if not name.startswith(".")} == set()


def test_every_module_has_a_name_that_says_something() -> None:
    nameless = [
        _name(path) for path in product_modules() if NAMELESS & {path.stem, *path.relative_to(CHECKOUT).parts}
    ]

    assert nameless == []


class InlineFinder(HTMLParser):
    """What the Content-Security-Policy would refuse: inline script, style and handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        handlers = [name for name in attributes if name.startswith(("on", "hx-on")) or name == "style"]
        self.found += [f"line {self.getpos()[0]}: {name}" for name in handlers]
        if tag == "style":
            self.found.append(f"line {self.getpos()[0]}: <style>")
        if tag == "script" and "src" not in attributes and attributes.get("type") not in MAY_BE_INLINE:
            self.found.append(f"line {self.getpos()[0]}: <script>")
        if any((value or "").strip().lower().startswith("javascript:") for value in attributes.values()):
            self.found.append(f"line {self.getpos()[0]}: javascript:")


def inline_parts(html: str) -> list[str]:
    finder = InlineFinder()
    finder.feed(PLACEHOLDER.sub(lambda match: "\n" * match[0].count("\n"), html))
    return finder.found


@pytest.mark.parametrize(
    "html",
    [
        "<script>go()</script>",
        "<style>p {}</style>",
        '<p style="color: red">',
        '<a href="JavaScript:go()">',
        '<p {% if a > b %}class="c"{% endif %} onclick="go()">',
        '<p hx-on:click="go()">',
    ],
)
def test_inline_parts_are_found(html: str) -> None:
    assert len(inline_parts(html)) == 1


def test_templates_hold_no_inline_script_style_or_handler() -> None:
    templates = [path for path in CHECKOUT.rglob("templates/**/*.html") if ".venv" not in path.parts]
    found = {_name(path): inline_parts(path.read_text()) for path in templates}

    assert {name: parts for name, parts in found.items() if parts} == {}


def test_vendored_files_are_listed_with_their_checksum() -> None:
    rows = (VENDOR / "README.md").read_text().splitlines() if VENDOR.exists() else []
    checksums = {name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in _vendored()}
    listed = {name: SHA256.findall(row) for name in checksums for row in rows if f"`{name}`" in row}

    assert listed == {name: [checksum] for name, checksum in checksums.items()}


def test_commands_of_the_readme_are_targets_of_the_makefile() -> None:
    readme = CHECKOUT / "README.md"
    text = readme.read_text() if readme.exists() else ""
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"(?:`|^|\$ )make ([a-z-]+)", text, re.MULTILINE)) - targets == set()


def _vendored() -> list[str]:
    """Everything but the licences and the list itself, which stand beside it."""
    files = [path for path in VENDOR.rglob("*") if path.is_file()]
    return [
        str(path.relative_to(VENDOR)) for path in files if not path.name.startswith(("LICENSE", "README"))
    ]


def _name(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))
