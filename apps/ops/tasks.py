"""Housekeeping that Celery beat asks for."""

from celery import shared_task
from django.core.management import call_command
from django.db.models.functions import Now

from apps.ops.models import Beat
from apps.ops.readiness import TASKS


@shared_task
def clear_expired_sessions() -> None:
    call_command("clearsessions")


@shared_task
def beat() -> None:
    """Show that what is asked for is done: by beat, broker and worker together."""
    Beat.objects.update_or_create(name=TASKS, defaults={"beat_at": Now()})
