"""Keeps the documents of the API as the code says it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.api.documents.kept import DOCUMENTS, kept, renew, spelled


class Command(BaseCommand):
    help = "Renew the documents of the API from the code, or say with --check whether they need it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing, fail if anything would be")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            for name in renew():
                self.stdout.write(f"{name} is renewed")
            return
        outdated = [name for name, generate in DOCUMENTS.items() if spelled(generate()) != kept(name)]
        if outdated:
            raise CommandError(f"{', '.join(outdated)}: not what the code says; run manage.py api_documents")
