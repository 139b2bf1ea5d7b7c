"""The page of email addresses, as allauth has it, but for one thing that it keeps to itself."""

from typing import Any

from allauth.account.views import EmailView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _


class AddressesView(EmailView):  # type: ignore[misc]  # allauth ships no types
    def _action_send(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | None:
        """Say so, too, where the last letter is so young that no other is sent."""
        response: HttpResponse | None = super()._action_send(request, *args, **kwargs)
        if not self._did_send_verification_email:
            wait = _("A letter was sent a moment ago. Look for it, or ask again in three minutes.")
            messages.info(request, wait)
        return response
