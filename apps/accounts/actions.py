"""What somebody can do to their own account: one function, one transaction each."""

from typing import Any

from apps.accounts.models import Preferences, User


def prefer(user: User, **choices: Any) -> None:
    """Store these preferences; the others stay as they are."""
    Preferences.objects.update_or_create(user=user, defaults=choices)


def give_name(user: User, name: str) -> None:
    """What the pages call this person; empty for the e-mail address."""
    User.objects.filter(pk=user.pk).update(first_name=name)
