"""What Celery runs for this app."""

from celery import shared_task

from apps.chat import drafts, queue


@shared_task
def forget_traces() -> None:
    drafts.forget()
    queue.forget()
