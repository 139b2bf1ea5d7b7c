"""What Celery runs for this app."""

from celery import shared_task

from apps.accounts import tokens


@shared_task
def forget_tokens() -> None:
    tokens.forget()
