"""Who writes replies, and what each attempt to write one came to."""

import uuid
from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Case, Q, When
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.chat.models import Message
from apps.llm.errors import ErrorCode
from apps.llm.provider import MAX_REFERENCE, FinishReason

LEASE = timedelta(seconds=15)  # without a beat for this long, a worker is dead
LEFT_BEHIND = (ErrorCode.WORKER_LOST, ErrorCode.SHUTDOWN)  # the worker went; the model had more to say


class WorkerQuerySet(models.QuerySet["Worker"]):
    def stale(self) -> "WorkerQuerySet":
        """Workers whose lease has run out, by the database's clock."""
        return self.filter(beat_at__lt=Now() - LEASE)

    def alive(self) -> "WorkerQuerySet":
        return self.filter(beat_at__gte=Now() - LEASE)

    def with_life(self) -> "WorkerQuerySet":
        """Annotate `lives`: whether the lease holds."""
        holds = Case(When(beat_at__gte=Now() - LEASE, then=True), default=False)
        return self.annotate(lives=holds)


class Worker(models.Model):
    """A process that writes replies. One beat is the lease of everything it owns."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    beat_at = models.DateTimeField()

    objects: ClassVar[WorkerQuerySet] = WorkerQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class Generation(models.Model):
    """One attempt to write one reply, with what it took."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="generations")
    attempt = models.PositiveIntegerField()
    worker_id = models.UUIDField()  # outlives the worker's row
    model_name = models.CharField(_("model"), max_length=200, blank=True)
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    first_text_ms = models.PositiveIntegerField(_("time to first text (ms)"), null=True)
    duration_ms = models.PositiveIntegerField(_("duration (ms)"), null=True)
    prompt_tokens = models.PositiveIntegerField(null=True)
    completion_tokens = models.PositiveIntegerField(null=True)
    finish_reason = models.CharField(max_length=14, blank=True, choices=[(r, r) for r in FinishReason])
    error_code = models.CharField(_("error"), max_length=17, blank=True, choices=[(c, c) for c in ErrorCode])

    # Where the provider writes it, listened to or not. The database knows the default too, for processes of
    # the version before this column.
    reference = models.CharField(max_length=MAX_REFERENCE, blank=True, default="", db_default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["message", "attempt"], name="generation_attempt_once"),
        )
        indexes = (
            models.Index(fields=["worker_id"], name="generation_open", condition=Q(duration_ms=None)),
            models.Index(fields=["error_code"], name="generation_error"),
            models.Index(fields=["finish_reason", "-id"], name="generation_finish"),
        )
        verbose_name, verbose_name_plural = _("attempt"), _("attempts")

    def __str__(self) -> str:
        return f"attempt {self.attempt} at {self.message_id}"

    @property
    def is_current(self) -> bool:
        """Whether no later attempt has taken its place."""
        return self.attempt == self.message.attempt
