"""Whatever the product says it also says in German, as `make messages` left it."""

import re
from pathlib import Path

import allauth
import pytest
from django.conf import settings

from tests.support.translations import (
    CHECKOUT,
    Sentence,
    Translation,
    compiled,
    differs,
    in_catalogue,
    in_code,
    in_sources,
    in_template,
    to_compile,
)

WITHIN = Path("de") / "LC_MESSAGES" / "django.po"
OURS, OF_ALLAUTH = (Path(path) / WITHIN for path in settings.LOCALE_PATHS)
MEND = (
    f"Run `make messages`, translate in {OURS.relative_to(CHECKOUT)}, run it again, and commit .po and .mo. "
    "What stands in an f-string it overlooks: give that a name before."
)
FORMAL = re.compile(r"\b(Sie|Ihr|Ihre[mnrs]?|Ihnen)\b")


def test_every_sentence_has_a_german_translation() -> None:
    catalogue = in_catalogue(OURS)
    missing = [
        f"{sentence} in {file}"
        for sentence, file in in_sources().items()
        if (known := catalogue.get(sentence)) is None or known.fuzzy or not all(known.forms)
    ]

    assert missing == [], f"{MEND} Not translated: {'; '.join(missing)}"


def test_no_translation_outlives_its_sentence() -> None:
    outlived = [str(sentence) for sentence in set(in_catalogue(OURS)) - set(in_sources())]

    assert outlived == [], f"{MEND} Nothing says any more: {'; '.join(outlived)}"


@pytest.mark.parametrize("path", [OURS, OF_ALLAUTH])
def test_translations_keep_what_is_put_into_them(path: Path) -> None:
    different = [
        f"{sentence}: {translation.forms}"
        for sentence, translation in in_catalogue(path).items()
        if differs(sentence, translation)
    ]

    assert different == [], "Placeholders and markup of a translation are those of its sentence."


@pytest.mark.parametrize("path", [OURS, OF_ALLAUTH])
def test_what_is_compiled_is_what_is_written(path: Path) -> None:
    assert compiled(path.with_suffix(".mo")) == to_compile(in_catalogue(path)), MEND


@pytest.mark.parametrize("path", [OURS, OF_ALLAUTH])
def test_nobody_is_addressed_formally(path: Path) -> None:
    forms = [form for translation in in_catalogue(path).values() for form in translation.forms]

    assert [form for form in forms if re.search(r"\b(Ihnen|Ihre[mnr]?|\w+en Sie)\b", form)] == []


def test_what_allauth_says_formally_is_said_in_our_voice() -> None:
    of_allauth = in_catalogue(Path(allauth.__file__).parent / "locale" / WITHIN)
    formal = {
        sentence for sentence, known in of_allauth.items() if any(FORMAL.search(form) for form in known.forms)
    }

    assert formal == set(in_catalogue(OF_ALLAUTH)), (
        f"Translate by hand in {OF_ALLAUTH.relative_to(CHECKOUT)}."
    )


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("{% translate 'One' %}", Sentence("One")),
        ("{% translate 'One' context 'verb' %}", Sentence("One", context="verb")),
        ("{{ title|default:_('One') }}", Sentence("One")),
        ("{% include 'x.html' with y=_('One') %}", Sentence("One")),
        ("{% blocktranslate %}It is {{ it }}.{% endblocktranslate %}", Sentence("It is %(it)s.")),
        (
            "{% blocktranslate count n=n trimmed %} {{ n }} a\n{% plural %}{{ n }} b{% endblocktranslate %}",
            Sentence("%(n)s a", "%(n)s b"),
        ),
    ],
)
def test_sentences_of_templates_are_found(source: str, sentence: Sentence) -> None:
    assert list(in_template("{% load i18n %}" + source)) == [sentence]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("_('One ' 'line')", Sentence("One line")),
        ("translation.gettext_lazy('One')", Sentence("One")),
        ("ngettext('{n} word', '{n} words', n)", Sentence("{n} word", "{n} words")),
        ("pgettext_lazy('verb', 'One')", Sentence("One", context="verb")),
        ("npgettext('verb', '{n} word', '{n} words', n)", Sentence("{n} word", "{n} words", "verb")),
    ],
)
def test_sentences_of_code_are_found(source: str, sentence: Sentence) -> None:
    assert list(in_code(source)) == [sentence]


@pytest.mark.parametrize("form", ["Es ist da.", "Es ist %(that)s.", "<b>Es</b> ist %(it)s."])
def test_a_form_that_says_something_else_is_noticed(form: str) -> None:
    assert differs(Sentence("It is %(it)s."), Translation([form]))
