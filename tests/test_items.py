"""Every promise to readers, and every control of the pages, has a test that uses it in a browser."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.browser.items import ITEMS

BROWSER = Path(__file__).parent / "browser"
TEMPLATES = Path(__file__).parents[1] / "templates"
PAGES = ("chat", "settings", "account", "mfa", "allauth/layouts")
CONTROL = re.compile(
    r"<(button|a|summary)\b.*?</\1>|\{% element button\b.*?\{% endelement %\}"
    r"|\{% translate [^%]+ as (submit|back) %\}",
    re.DOTALL,
)
SENTENCE = re.compile(r"""\{% translate ['"](.+?)['"]""")
KNOWN_BY = {  # what tests call a control that has no words of its own, or many: its source to theirs
    'class="account"': '".account"',
    'class="archived-link"': '".archived-link"',
    "{{ item.url }}unarchive/": "back into the list",
    'id="jump"': '"#jump"',
    "conversation-more": '".conversation-more"',
    'class="conversation-link"': "#found",
    'class="option" role="option" tabindex="-1" href="{{ item.url }}"': 'get_by_role("option"',
    "data-theme-choice": '"theme dark"',
    "Edit the waiting message": '".queued summary"',
    "Withdraw the waiting message": '"Withdraw"',
    "regenerate/?key={{ card.again_key }}&amp;model=": '"scripted-2"',
    'class="wordmark"': 'name="Colloquy"',
    "{{ signup_url }}": '"Create an account"',
    "{{ login_url }}": '"Sign in"',
    "{{ submit }}": '"Switch off"',
    "{{ back }}": '"Keep it"',
    "{{ way.url }}": '".page-buttons"',
    "{{ totp_url }}": '"open it in the app"',
    'class="sight-link"': '".sight-link"',
    'class="settings-link"': 'name="Custom instructions"',
}


def names_of_tests() -> set[str]:
    return {
        f"{path.stem.removeprefix('test_')}::{node.name.removeprefix('test_')}"
        for path in BROWSER.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_promise_has_a_test() -> None:
    named = {name for names in ITEMS.values() for name in names}

    assert named - names_of_tests() == set()
    assert [item for item, names in ITEMS.items() if not names] == []


def controls() -> Iterator[tuple[str, str]]:
    """Whatever can be pressed: where it stands, and its source."""
    for folder in PAGES:
        for path in sorted((TEMPLATES / folder).rglob("*.html")):
            for control in CONTROL.finditer(path.read_text()):
                yield f"{folder}/{path.name}", control[0]


def test_every_control_is_used_in_a_test() -> None:
    tests = "\n".join(path.read_text() for path in BROWSER.glob("*.py"))
    unused = [
        (where, source) for where, source in controls() if not any(name in tests for name in names_in(source))
    ]

    assert unused == []


def names_in(source: str) -> list[str]:
    """What a test may call this control: by what it says, as people do, or as KNOWN_BY has it."""
    said = [f'"{sentence}"' for sentence in SENTENCE.findall(source)]
    return said + [use for mark, use in KNOWN_BY.items() if mark in source]
