"""What streams is what a reload shows, wherever the text was cut on its way."""

from itertools import accumulate
from random import Random

import pytest
from django.utils import translation

from apps.live.mirror import RunningText
from apps.web.drawings import shared_drawing
from apps.web.markdown import Drawing, render
from tests.web.markdown_corpus import Reading, deltas, documents

DOCUMENTS = documents()
WAYS = 8  # in which each document is cut
FEWEST = 60


def streamed(text: str, random: Random) -> Drawing:
    drawing = Drawing("m")
    for shown in accumulate(deltas(text, most=80, random=random)):
        drawing.update(shown)
        assert drawing.open is not None
    drawing.finish()
    return drawing


def test_there_are_enough_documents() -> None:
    assert len(DOCUMENTS) >= FEWEST


@pytest.mark.parametrize("way", range(WAYS))
@pytest.mark.parametrize("name", DOCUMENTS)
def test_streamed_document_is_the_reloaded_document(name: str, way: int) -> None:
    text = DOCUMENTS[name]

    drawing = streamed(text, Random(f"{name} {way}"))

    assert drawing.html == render(text, scope="m")
    Reading(drawing.html).assert_inert()


def test_labels_are_in_the_language_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "```py\nx\n```\n\n|a|\n|-|\n|1|\n\nb[^1]\n\n[^1]: note"
    english = render(text)
    translate = {"Copy": "Kopieren", "Wrap lines": "Umbrechen", "Table": "Tabelle", "Footnotes": "Fußnoten"}
    for module in ("code", "renderer", "document"):
        monkeypatch.setattr(f"apps.web.markdown.{module}._", lambda word: translate.get(word, word))

    with translation.override("de"):
        german = render(text)

    assert all(f">{word}<" in german or f'"{word}"' in german for word in translate.values())
    assert render(text) == english


def test_readers_of_two_languages_share_no_drawing_of_a_running_reply() -> None:
    running = RunningText("```py\nx")

    with translation.override("de"):
        german = shared_drawing(running, scope="m")

    assert shared_drawing(running, scope="m") is not german
