"""Where allauth asks us."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.validators import EmailValidator
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.sealing import seal, unseal


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
