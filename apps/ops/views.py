"""Health, for whoever runs the servers."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@never_cache
def livez(request: HttpRequest) -> HttpResponse:
    """200 as long as this process serves requests."""
    return HttpResponse("ok\n", content_type="text/plain")
