"""Drawings of running replies: one per process, reply and language, whatever the number of tabs."""

from weakref import WeakKeyDictionary

from django.utils.translation import get_language

from apps.live.mirror import RunningText
from apps.web.markdown import Drawing

_shared: WeakKeyDictionary[RunningText, dict[str, Drawing]] = WeakKeyDictionary()


def shared_drawing(running: RunningText, *, scope: str) -> Drawing:
    """The drawing of a mirrored reply, brought up to its text."""
    drawings = _shared.get(running)
    if drawings is None:
        drawings = _shared[running] = {}
    language = get_language()
    drawing = drawings.get(language)
    if drawing is None:
        drawing = drawings[language] = Drawing(scope)
    drawing.update(running.text)
    return drawing


def drawing_of(text: str, *, scope: str) -> Drawing:
    """A drawing of the text so far, for a page."""
    drawing = Drawing(scope)
    drawing.update(text)
    return drawing
