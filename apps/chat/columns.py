"""Columns that tables have got while processes that do not know them go on storing rows."""

from typing import Any

from django.db import models

DIGEST = 32  # hexadecimal digits of 128 bits


def later(length: int) -> "models.CharField[Any, Any]":
    """Text nobody edits; empty, by the database's doing, in what a process of the version before stores."""
    return models.CharField(max_length=length, blank=True, default="", db_default="", editable=False)
