"""The one Markdown pipeline: the same text gives the same safe HTML, live and reloaded."""

from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from apps.web.markdown.document import cleaned, draw_all
from apps.web.markdown.drawing import Drawing
from apps.web.markdown.sanitiser import SANITISER
from apps.web.markdown.splitter import split

__all__ = ["SANITISER", "Drawing", "render"]


def render(text: str, *, scope: str = "") -> SafeString:
    """Draw a finished text, once for all tabs of a language, in which its buttons are labelled.

    `scope` (a message id) keeps footnotes of texts apart.
    """
    return _rendered(text, scope, get_language())


@lru_cache(maxsize=256)
def _rendered(text: str, scope: str, language: str) -> SafeString:
    return mark_safe("".join(draw_all(split(cleaned(text)), scope)))  # noqa: S308 - it has been sanitised
