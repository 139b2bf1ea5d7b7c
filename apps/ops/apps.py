from importlib import import_module

from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "apps.ops"

    def ready(self) -> None:
        import_module("apps.ops.celery_signals")
