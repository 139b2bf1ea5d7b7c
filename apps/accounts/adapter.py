"""Where allauth asks us."""

import logging
from typing import Any, ClassVar

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.core.validators import EmailValidator
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.sealing import seal, unseal

logger = logging.getLogger(__name__)

# Letters without which nobody gets any further; the latter confirm an address, which may have to wait.
LEAD_ON = ("account/email/password_reset_key", "account/email/unknown_account")
CONFIRM = (
    "account/email/email_confirmation",
    "account/email/email_confirmation_signup",
    "account/email/account_already_exists",
)
SENT = "account/messages/email_confirmation_sent.txt"


def next_account_is_administrator() -> bool:
    """Whether whoever signs up now becomes the administrator (local default only)."""
    return settings.FIRST_ACCOUNT_IS_ADMIN and not User.objects.exists()


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Makes the first account of a local installation its administrator; knows odd addresses."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "invalid_email": EmailValidator.message,
    }

    def clean_email(self, email: str) -> str:
        """Letters that only look like those of another name, and numbers for hosts, are no address."""
        name, _, host = email.rpartition("@")
        if not name.isascii() or host.startswith("["):
            raise self.validation_error("invalid_email")
        return str(super().clean_email(email))

    def is_safe_url(self, url: str) -> bool:
        try:
            return bool(super().is_safe_url(url))
        except ValueError:  # no address at all
            return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Where none can be sent, whoever waits for the letter is told so; what they did stands."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as error:  # smtplib's own are among them
            logger.warning("A letter could not be sent: %s", type(error).__name__)
            if template_prefix in CONFIRM:  # no young one is on its way
                self.request.allauth.is_unsent = True
                ratelimit.clear(
                    self.request, app="allauth.account", action="confirm_email", key=email.lower()
                )
            if template_prefix in LEAD_ON or (template_prefix in CONFIRM and self._must_confirm()):
                page = render(self.request, "letter_unsent.html", status=503)
                raise ImmediateHttpResponse(page) from error

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *rest: Any, **named: Any
    ) -> None:
        if message_template == SENT and getattr(request.allauth, "is_unsent", False):  # type: ignore[attr-defined]
            text = _("The letter that confirms your address could not be sent. Ask for it again in a while.")
            super().add_message(request, messages.WARNING, message=text)
        else:
            super().add_message(request, level, message_template, *rest, **named)

    def _must_confirm(self) -> bool:
        mandatory = app_settings.EMAIL_VERIFICATION == app_settings.EmailVerificationMethod.MANDATORY
        return mandatory and not self.request.user.is_authenticated

    @transaction.atomic
    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        if next_account_is_administrator():
            user.is_staff = user.is_superuser = True
        return super().save_user(request, user, form, commit)  # type: ignore[no-any-return]


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Names what authenticators and browsers show of us, and seals what must stay secret."""

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": settings.MFA_TOTP_ISSUER}

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's
        known = Authenticator.objects.filter(user=user, type=type).count()
        return _("Passkey {number}").format(number=known + 1) if known else _("Passkey")
