"""The settings: one page for each section, each a plain form."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.web.personal import person, preferences_for
from apps.web.posts import posted
from apps.web.settings.sections import ACCOUNT, FORMS


@login_required
def index(request: HttpRequest) -> HttpResponse:
    return redirect(ACCOUNT[0].url)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def section(request: HttpRequest, slug: str) -> HttpResponse:
    """What is stored, to be changed; a change that is not possible comes back with the reason."""
    shown = FORMS.get(slug)
    if shown is None or shown.form is None:
        raise Http404
    data = posted(request) if request.method == "POST" else None
    form = shown.form(person(request), preferences_for(request), data)
    if form.is_valid():
        form.store()
        messages.success(request, _("Saved."))
        return redirect(shown.url)
    context = {"section": shown, "form": form}
    templates = [f"settings/{slug}.html", "settings/section.html"]
    return render(request, templates, context, status=422 if form.is_bound else 200)
