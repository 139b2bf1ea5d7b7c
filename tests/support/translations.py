"""What can be translated, read from the sources as xgettext would, and what a catalogue holds.

It needs no GNU gettext.
"""

import ast
import gettext
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from django.utils.translation.template import templatize

CHECKOUT = Path(__file__).resolve().parents[2]
LITERAL = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
CALL = re.compile(rf"\b(_|n?p?gettext)\(\s*({LITERAL}(?:\s*,\s*{LITERAL})*)")
ENTRY = re.compile(r'^(#, .*|#~.*|(?:msg\w+(?:\[\d\])? )?".*")$', re.MULTILINE)
PLACEHOLDER = re.compile(r"%\(\w+\)s|%[sd%]|\{\w*\}|</?\w[^>]*>")


@dataclass(frozen=True, order=True)
class Sentence:
    """As somebody wrote it: `plural` is empty where there is only one form."""

    text: str
    plural: str = ""
    context: str = ""

    def __str__(self) -> str:
        return f"{self.text!r}" + (f" ({self.context})" if self.context else "")


@dataclass
class Translation:
    """How a catalogue renders a sentence, one text for each form."""

    forms: list[str]
    fuzzy: bool = False


def in_sources() -> dict[Sentence, str]:
    """Every sentence of the product, and a file that says it."""
    found: dict[Sentence, str] = {}
    for path in sorted((CHECKOUT / "templates").rglob("*.*")):
        if path.suffix in (".html", ".txt"):
            found |= dict.fromkeys(in_template(path.read_text()), str(path.relative_to(CHECKOUT)))
    for path in sorted((*(CHECKOUT / "apps").rglob("*.py"), *(CHECKOUT / "config").rglob("*.py"))):
        found |= dict.fromkeys(in_code(path.read_text()), str(path.relative_to(CHECKOUT)))
    return found


def in_template(source: str) -> Iterator[Sentence]:
    for name, literals in CALL.findall(templatize(source)):
        yield _sentence(name, list(ast.literal_eval(f"[{literals}]")))


def in_code(source: str) -> Iterator[Sentence]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and (name := _function(node.func)):
            texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            yield _sentence(name, [text for text in texts if isinstance(text, str)])


def in_catalogue(path: Path) -> dict[Sentence, Translation]:
    """What a .po file says; its header is not a sentence."""
    found: dict[Sentence, Translation] = {}
    for paragraph in path.read_text().split("\n\n"):
        fields: dict[str, str] = {}
        flags = keyword = ""
        for line in ENTRY.findall(paragraph):
            if line.startswith("#"):
                flags += line
                continue
            head, _, quoted = line.partition('"')
            keyword = head.strip() or keyword
            fields[keyword] = fields.get(keyword, "") + ast.literal_eval(f'"{quoted}')
        if fields.get("msgid"):
            sentence = Sentence(fields["msgid"], fields.get("msgid_plural", ""), fields.get("msgctxt", ""))
            forms = [text for key, text in fields.items() if key.startswith("msgstr")]
            found[sentence] = Translation(forms, fuzzy="fuzzy" in flags)
    return found


def compiled(path: Path) -> dict[str | tuple[str, int], str]:
    """What a .mo file says, in the terms of Python's own reader."""
    with path.open("rb") as file:
        messages: dict[str | tuple[str, int], str] = vars(gettext.GNUTranslations(file))["_catalog"]
    return {key: text for key, text in messages.items() if key}


def to_compile(catalogue: dict[Sentence, Translation]) -> dict[str | tuple[str, int], str]:
    """What a .mo file has to say, in the same terms."""
    terms: dict[str | tuple[str, int], str] = {}
    for sentence, translation in catalogue.items():
        key = f"{sentence.context}\x04{sentence.text}" if sentence.context else sentence.text
        if sentence.plural:
            terms |= {(key, number): form for number, form in enumerate(translation.forms)}
        else:
            terms[key] = translation.forms[0]
    return terms


def differs(sentence: Sentence, translation: Translation) -> bool:
    """Whether a form says something else than the sentence with what is put into it, or with its markup."""
    wanted = sorted(PLACEHOLDER.findall(sentence.plural or sentence.text))
    return any(sorted(PLACEHOLDER.findall(form)) != wanted for form in translation.forms)


def _function(called: ast.expr) -> str:
    """The name that gettext knows it by; empty if it translates nothing."""
    name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
    name = name.removesuffix("_lazy")
    known = {"_", *("".join(parts) + "gettext" for parts in product(("", "n"), ("", "p")))}
    return name if name in known else ""


def _sentence(name: str, texts: list[str]) -> Sentence:
    context = texts.pop(0) if "pgettext" in name else ""
    return Sentence(texts[0], texts[1] if name.startswith("n") else "", context)
