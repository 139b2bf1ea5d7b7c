"""The documents as they are kept beside the code, and served: whoever changes the code renews them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from apps.api.documents import asyncapi, openapi

FOLDER = Path(__file__).parent
DOCUMENTS: dict[str, Callable[[], dict[str, Any]]] = {
    "openapi.json": openapi.generated,
    "asyncapi.json": asyncapi.generated,
}


def kept(name: str) -> str:
    path = FOLDER / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def renew() -> list[str]:
    """Keep what the code says now; the names of those that said something else."""
    outdated = []
    for name, generate in DOCUMENTS.items():
        text = spelled(generate())
        if text != kept(name):
            (FOLDER / name).write_text(text, encoding="utf-8")
            outdated.append(name)
    return outdated


def spelled(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
