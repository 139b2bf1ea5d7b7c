"""The page that draws diagrams: a chat page has it in a frame without any rights, once there is one to draw.

Sources come from models. Whatever they make of the drawing library, it happens where there is no origin, no
cookie and no network, and what leaves the frame is shown as an image, in which nothing can run.
"""

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

POLICY = {
    "default-src": [NONE],
    "script-src": [SELF],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": ["allow-scripts"],
}
KEPT_FOR = 600  # seconds in which a browser asks no more


@require_safe
@xframe_options_sameorigin
@cache_control(private=True, max_age=KEPT_FOR)
@csp(POLICY)
def studio(request: HttpRequest) -> HttpResponse:
    """The same for everybody, signed in or not."""
    return render(request, "chat/studio.html")
