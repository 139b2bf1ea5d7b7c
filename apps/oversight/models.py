"""What staff did with what is other people's: written once, and kept whatever becomes of those it names."""

from typing import Any, ClassVar, NoReturn

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MAX_AGENT = 300  # characters of what a browser calls itself
MAX_WORDS = 200  # code points of what was searched for


class What(models.TextChoices):
    OPENED = "opened", _("Read the conversation")
    TITLED = "titled", _("Saw the title")
    FOUND = "found", _("Found the conversation by its content")
    SEARCHED = "searched", _("Searched titles and messages")
    ADDED = "added", _("Added the account")
    BLOCKED = "blocked", _("Blocked the account")
    UNBLOCKED = "unblocked", _("Unblocked the account")
    SIGNED_OUT = "signed_out", _("Signed the account out everywhere")
    TOKENS = "tokens", _("Revoked the API tokens")
    PASSWORD = "password", _("Set another password and revoked the API tokens")
    DELETED = "deleted", _("Deleted the account")


READINGS = (What.OPENED, What.TITLED, What.FOUND)  # by which a title, at least, became known


class Written(TypeError):
    """An entry of the audit was to be changed or deleted."""

    def __init__(self) -> None:
        super().__init__("Entries of the audit are neither changed nor deleted.")


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Entries to read, and to add to."""

    def update(self, **_fields: Any) -> NoReturn:
        raise Written

    def delete(self) -> NoReturn:
        raise Written

    def bulk_update(self, *_args: Any, **_options: Any) -> NoReturn:
        raise Written

    def bulk_create(self, objs: Any, *args: Any, **options: Any) -> Any:
        if options.get("update_conflicts"):
            raise Written
        return super().bulk_create(objs, *args, **options)

    def _raw_delete(self, using: str | None) -> NoReturn:
        raise Written

    async def aupdate(self, **_fields: Any) -> NoReturn:
        raise Written

    async def adelete(self) -> NoReturn:
        raise Written


class AuditEntry(models.Model):
    """Who did what with whose, when, why and from where.

    People and conversations are kept by id and address: the entry outlives them. Where many owners are
    concerned, or none, there is no owner.
    """

    at = models.DateTimeField(_("when"), default=timezone.now, editable=False)
    what = models.CharField(_("what"), max_length=10, choices=What)
    staff_id = models.BigIntegerField()
    staff_email = models.CharField(_("who"), max_length=254)
    owner_id = models.BigIntegerField(null=True)
    owner_email = models.CharField(_("whose"), max_length=254, blank=True)
    conversation_id = models.UUIDField(_("conversation"), null=True)
    reason = models.TextField(_("why"), blank=True)
    words = models.CharField(_("searched for"), max_length=MAX_WORDS, blank=True)
    address = models.GenericIPAddressField(_("from where"), null=True)
    user_agent = models.CharField(_("browser"), max_length=MAX_AGENT, blank=True)

    objects: ClassVar[AuditQuerySet] = AuditQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit")
        base_manager_name = "objects"
        default_permissions = ("view",)
        permissions = [("read_content", "Can read what people write")]
        indexes = (
            models.Index(fields=["-at", "-id"], name="audit_latest"),
            models.Index(fields=["owner_id", "-id"], name="audit_of_owner"),
            models.Index(fields=["staff_id", "conversation_id", "-at"], name="audit_of_reading"),
            models.Index(fields=["what", "-at", "-id"], name="audit_latest_of_what"),
            models.Index(fields=["owner_id", "-at", "-id"], name="audit_latest_of_owner"),
            models.Index(fields=["staff_id", "-at", "-id"], name="audit_latest_of_staff"),
            models.Index(fields=["conversation_id", "-at", "-id"], name="audit_latest_of_conversation"),
            models.Index(fields=["owner_id", "what", "-at", "-id"], name="audit_latest_of_owner_what"),
            models.Index(fields=["staff_id", "what", "-at", "-id"], name="audit_latest_of_staff_what"),
        )

    def __str__(self) -> str:
        return f"{self.what} by {self.staff_email}"

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise Written
        super().save(*args, **{**options, "force_insert": True})

    def delete(self, *_args: Any, **_options: Any) -> NoReturn:
        raise Written
