"""The OpenAPI document, made from the code."""

from typing import Any

from drf_spectacular.generators import SchemaGenerator

from apps.api.documents import extensions

EXTENSIONS = extensions  # known to the generator by being imported


def generated() -> dict[str, Any]:
    """What the code says now."""
    generator = SchemaGenerator(urlconf="apps.api.urls")
    document: dict[str, Any] = generator.get_schema(public=True)
    return document
