"""Tokens by which people let their own programs in: made, shown this once, listed and taken back."""

import logging
import uuid
from datetime import timedelta
from smtplib import SMTPException
from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.models import Scope, Token
from apps.accounts.tokens import (
    LIFETIMES,
    MOST_LIVE,
    AlreadyIssued,
    TooManyTokens,
    issue,
    revoke,
    tokens_of,
)
from apps.chat.text import MAX_NAME
from apps.web.personal import person
from apps.web.posts import posted
from apps.web.settings.forms import OptionalText

logger = logging.getLogger(__name__)

USUAL_DAYS = 90


def lifetime_choices() -> list[tuple[int, str]]:
    days = [lifetime.days for lifetime in LIFETIMES]
    return [(count, ngettext("{days} day", "{days} days", count).format(days=count)) for count in days]


class TokenForm(forms.Form):
    """`key` names the token to be: a form that is sent twice makes one."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    name = OptionalText(
        label=gettext_lazy("Name"),
        limit=MAX_NAME,
        on_one_line=True,
        widget=forms.TextInput(attrs={"autocomplete": "off", "required": True}),
        help_text=gettext_lazy("Of the program that will use it, or of the machine where that runs."),
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("What it may do"),
        choices=[
            (Scope.READ, gettext_lazy("Read your conversations and follow answers")),
            (Scope.WRITE, gettext_lazy("Read, write and delete, all as you can")),
        ],
        initial=Scope.READ,
        widget=forms.RadioSelect,
    )
    lifetime = forms.TypedChoiceField(
        label=gettext_lazy("Expires after"),
        choices=lifetime_choices,
        coerce=lambda days: timedelta(days=int(days)),
        initial=USUAL_DAYS,
    )

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not name:
            raise forms.ValidationError(_("Give it a name, to tell it from others."))
        return name


@require_safe
@never_cache
@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    """What lets programs in, the newest first."""
    try:
        behind = UUID(request.GET["behind"]) if "behind" in request.GET else None
        listed, has_more = tokens_of(person(request), behind=behind)
    except (ValueError, Token.DoesNotExist):
        raise Http404 from None
    return render(request, "settings/tokens.html", {"tokens": listed, "has_more": has_more})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth ships no types
def new(request: HttpRequest) -> HttpResponse:
    """Makes one; its secret is in this one answer and nowhere else."""
    form = TokenForm(posted(request) if request.method == "POST" else None)
    if form.is_valid():
        try:
            token, secret = _issued(request, form.cleaned_data)
        except AlreadyIssued:
            messages.info(
                request, _("That token has been made. Its secret was shown once, and cannot be again.")
            )
            return redirect("tokens")
        except TooManyTokens:
            form.add_error(None, _("You have {most} tokens. Revoke one first.").format(most=MOST_LIVE))
        else:
            _tell_owner(request, token)
            return render(request, "settings/token_made.html", {"token": token, "secret": secret})
    return render(request, "settings/token_new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def end(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """Asks whether it is meant, and revokes the token once that is confirmed."""
    user = person(request)
    try:
        if request.method == "POST":
            revoke(user, token_id)
            messages.success(request, _("Revoked. What was open by it is closed."))
            return redirect("tokens")
        token = user.tokens.unrevoked().get(pk=token_id)
    except Token.DoesNotExist:
        raise Http404 from None
    return render(request, "settings/token_revoke.html", {"token": token})


def _issued(request: HttpRequest, wanted: dict[str, Any]) -> tuple[Token, str]:
    return issue(
        person(request),
        name=wanted["name"],
        scope=Scope(wanted["scope"]),
        lifetime=wanted["lifetime"],
        token_id=wanted["key"],
    )


def _tell_owner(request: HttpRequest, token: Token) -> None:
    """By mail, as of everything else that lets somebody in; a mail that cannot be sent hides no secret."""
    try:
        get_adapter(request).send_notification_mail("account/email/token_made", token.user, {"token": token})
    except (OSError, SMTPException) as error:
        logger.warning("A mail about a new token could not be sent: %s", type(error).__name__)
