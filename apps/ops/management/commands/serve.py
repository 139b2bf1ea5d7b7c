"""Serve the product: Daphne through our own entry point, which owns signals, engine and drain."""

import sys
from importlib import import_module
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.ops.background import BackgroundTasks
from apps.ops.serve import Serve


class Command(BaseCommand):
    help = "Serve Colloquy; without a broker, run its background tasks as well."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--fd", type=int, help="a listening socket to inherit, instead of host and port")

    def handle(self, *args: Any, host: str, port: int, fd: int | None, **options: Any) -> None:
        module, name = settings.ASGI_APPLICATION.rsplit(".", 1)
        application = getattr(import_module(module), name)
        tasks = BackgroundTasks(current_app) if settings.TASKS_IN_PROCESS else None
        grace = settings.DRAIN_SECONDS
        try:
            serve = Serve(application, host=host, port=port, fd=fd, tasks=tasks, grace=grace)
        except ValueError as error:
            raise CommandError(str(error)) from error
        sys.exit(serve.run())
