"""The composition root: settings, routes and the two applications, ASGI and Celery."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
