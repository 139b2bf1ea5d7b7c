"""People: an e-mail address and a password, how they like it, and by what they enter."""

import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail address; there are no user names."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """Whoever signs in. Everything a user has hangs on this row."""

    username = None  # type: ignore[assignment]  # there are none
    email = models.EmailField(_("e-mail address"), unique=True)
    signed_out_at = models.DateTimeField(null=True, editable=False)  # everywhere: no older session stands

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]  # by e-mail, not by name

    def __str__(self) -> str:
        return self.email

    def get_session_auth_hash(self) -> str:
        return self._since_signed_out(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return map(self._since_signed_out, super().get_session_auth_fallback_hash())

    def _since_signed_out(self, proof: str) -> str:
        """As it was, for whoever never was: processes of the version before the column know no other."""
        return f"{proof}.{self.signed_out_at.timestamp()}" if self.signed_out_at else proof


class Theme(models.TextChoices):
    SYSTEM = "system", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Preferences(models.Model):
    """How somebody likes it; without a row, as the defaults say. Empty text means: not chosen."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="preferences")
    theme = models.CharField(_("theme"), max_length=8, choices=Theme, default=Theme.SYSTEM)
    language = models.CharField(_("language"), max_length=16, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    model_name = models.CharField(_("model"), max_length=200, blank=True)
    instructions = models.TextField(_("custom instructions"), blank=True)
    enter_sends = models.BooleanField(_("Enter sends"), default=True)
    notify = models.BooleanField(_("notifications"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return f"of {self.user_id}"

    @property
    def chosen_theme(self) -> str:
        """Light or dark if somebody has decided; empty while the system does."""
        return "" if self.theme == Theme.SYSTEM else self.theme


class Device(models.Model):
    """A browser in which somebody is signed in: what can be told of a session, and ends with it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.OneToOneField("sessions.Session", models.CASCADE, related_name="device")
    user = models.ForeignKey(User, models.CASCADE, related_name="devices")
    user_agent = models.CharField(max_length=300, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    signed_in_at = models.DateTimeField(_("signed in"), auto_now_add=True)
    seen_at = models.DateTimeField(_("last seen"))

    def __str__(self) -> str:
        return f"{self.user_agent} at {self.address}"


class Scope(models.TextChoices):
    READ = "read", _("Read only")
    WRITE = "write", _("Read and write")


class TokenQuerySet(models.QuerySet["Token"]):
    def unrevoked(self) -> "TokenQuerySet":
        return self.filter(revoked_at=None)

    def live(self) -> "TokenQuerySet":
        """Those that neither their owner nor time has ended."""
        return self.unrevoked().filter(expires_at__gt=timezone.now())

    def good(self) -> "TokenQuerySet":
        """Those that let somebody in: whoever is blocked stays out by any."""
        return self.live().filter(user__is_active=True)


class Token(models.Model):
    """Lets programs in as its owner. Of the secret there is a digest, and a hint to tell tokens apart by."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=60)
    scope = models.CharField(_("access"), max_length=8, choices=Scope)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=4)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(_("last used"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    objects: ClassVar[TokenQuerySet] = TokenQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name, verbose_name_plural = _("API token"), _("API tokens")
        indexes = [models.Index(fields=["user", "-created_at", "-id"], name="tokens_of_a_user")]

    def __str__(self) -> str:
        return f"{self.name} …{self.hint}"

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()


class Ticket(models.Model):
    """Opens one socket or stream, once, with the rights of the session or token that it was made by."""

    digest = models.CharField(primary_key=True, max_length=64)
    user = models.ForeignKey(User, models.CASCADE, related_name="tickets")
    token = models.ForeignKey(Token, models.CASCADE, null=True, related_name="+")
    session_key = models.CharField(max_length=40, blank=True)
    writes = models.BooleanField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"of {self.user_id}, until {self.expires_at}"


def preferences_of(user: User) -> Preferences:
    """What is stored, or the defaults; never saved by reading."""
    return Preferences.objects.filter(user=user).first() or Preferences(user=user)
