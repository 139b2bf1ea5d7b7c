"""allauth's forms, where they ask for an address: it is one line, and said as it was typed."""

import re
from typing import Any

from allauth.account import forms as account
from allauth.account.adapter import get_adapter

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
