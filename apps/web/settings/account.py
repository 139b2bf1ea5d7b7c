"""Where somebody is signed in, and how they leave for good."""

from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts.devices import devices_of, sign_out, sign_out_elsewhere
from apps.accounts.models import Device, User
from apps.chat.leaving import delete_account
from apps.web.browsers import browser_of
from apps.web.personal import person

OTHERS = "others"


class DeleteForm(forms.Form):
    """Asks for the address to be typed: nobody does that by mistake."""

    address = forms.CharField(
        label=gettext_lazy("Type your email address to confirm"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        self._expected = user.email.casefold()

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if address.casefold() != self._expected:
            raise forms.ValidationError(_("This is not the address of your account."))
        return address


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def devices(request: HttpRequest) -> HttpResponse:
    """Everywhere that the user is signed in; a post ends it in one place, or in all the others."""
    if request.method == "POST":
        _end(request, request.POST.get("device", ""))
        messages.success(request, _("Signed out there."))
        return redirect("devices")
    here = request.session.session_key
    listed = [
        {"device": device, "browser": browser_of(device.user_agent), "is_this": device.session_id == here}
        for device in devices_of(person(request))
    ]
    listed.sort(key=lambda entry: not entry["is_this"])
    return render(request, "settings/devices.html", {"devices": listed, "others": OTHERS})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth ships no types
def delete(request: HttpRequest) -> HttpResponse:
    """Says what will be gone, and takes it away once that is confirmed."""
    user = person(request)
    form = DeleteForm(user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        delete_account(user)
        request.session.flush()
        request.user = AnonymousUser()
        messages.success(request, _("Your account is deleted, with everything that was in it."))
        return redirect("account_login")
    return render(request, "settings/delete.html", {"form": form}, status=422 if form.is_bound else 200)


def _end(request: HttpRequest, device: str) -> None:
    if device == OTHERS:
        sign_out_elsewhere(person(request), request.session.session_key)
        return
    try:
        sign_out(person(request), UUID(device))
    except (ValueError, Device.DoesNotExist):
        raise Http404 from None
