"""Drawings of running replies: one per process and reply, whatever the number of tabs."""

from weakref import WeakKeyDictionary

from apps.live.mirror import RunningText
from apps.web.markdown import Drawing

_shared: WeakKeyDictionary[RunningText, Drawing] = WeakKeyDictionary()


def shared_drawing(running: RunningText, *, scope: str) -> Drawing:
    """The drawing of a mirrored reply, brought up to its text."""
    drawing = _shared.get(running)
    if drawing is None:
        drawing = _shared[running] = Drawing(scope)
    drawing.update(running.text)
    return drawing


def drawing_of(text: str, *, scope: str) -> Drawing:
    """A drawing of the text so far, for a page."""
    drawing = Drawing(scope)
    drawing.update(text)
    return drawing
