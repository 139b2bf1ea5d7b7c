"""Forms that ask for an address: it is one line, and said as it was typed."""

import re
from typing import Any

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from django.contrib.auth.forms import BaseUserCreationForm
from django.db.models import Q

from apps.accounts.models import User

CONTROL = re.compile(r"[\0-\x1f\x7f-\x9f\u2028\u2029]")


def one_line(form: Any, name: str) -> None:
    """Refuse what the field has already made a line of by taking off its end."""
    if CONTROL.search(form.data.get(form.add_prefix(name)) or ""):
        raise get_adapter().validation_error("invalid_email")


class LoginForm(account.LoginForm):  # type: ignore[misc]  # allauth ships no types
    def clean_login(self) -> str:
        one_line(self, "login")
        return str(super().clean_login())


class SignupForm(account.SignupForm):  # type: ignore[misc]  # allauth ships no types
    def clean_email(self) -> str:
        one_line(self, "email")
        return str(super().clean_email())


class ResetPasswordForm(account.ResetPasswordForm):  # type: ignore[misc]  # allauth ships no types
    def clean_email(self) -> str:
        one_line(self, "email")
        return str(super().clean_email())


class AddEmailForm(account.AddEmailForm):  # type: ignore[misc]  # allauth ships no types
    def clean_email(self) -> str:
        one_line(self, "email")
        return str(super().clean_email())


class NewcomerForm(BaseUserCreationForm):  # type: ignore[type-arg]  # Django's own class takes none
    """What administrators fill in to add somebody; to an address the same is due as where people sign up."""

    class Meta:
        model = User
        fields = ("email",)

    def clean_email(self) -> str:
        one_line(self, "email")
        email = str(get_adapter().clean_email(self.cleaned_data["email"].lower()))
        if User.objects.filter(Q(email__iexact=email) | Q(emailaddress__email=email)).exists():
            raise get_adapter().validation_error("email_taken")
        return email
