"""The administrators' desk, as it differs from Django's own on every page."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest
from django.views.generic import RedirectView

_get_object = admin.ModelAdmin.get_object


def found(
    self: "admin.ModelAdmin[Any]", request: HttpRequest, object_id: str, from_field: str | None = None
) -> Any:
    """The row; absent, as everywhere, unless its id is spelled as it always is."""
    row = _get_object(self, request, object_id, from_field)
    if row is None or (from_field is None and str(row.pk) != unquote(object_id)):
        raise Http404
    return row


def arrange() -> None:
    # By the one entrance, with every factor that it asks for.
    admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as allauth would have it
    admin.site.password_change = RedirectView.as_view(  # type: ignore[method-assign,assignment]  # guessed there, too
        pattern_name="account_change_password"
    )
    admin.ModelAdmin.get_object = found  # type: ignore[method-assign]  # of all, whoever wrote them
