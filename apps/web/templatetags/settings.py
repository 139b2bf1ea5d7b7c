"""The list of settings, beside each of their pages."""

from typing import Any

from django import template
from django.http import HttpRequest

from apps.web.settings.sections import GROUPS, Section, Words

register = template.Library()


@register.simple_tag(takes_context=True)
def settings_groups(context: dict[str, Any]) -> list[tuple[Words, list[tuple[Section, bool]]]]:
    """Each group's title and sections; of a section, whether the page belongs to it."""
    request: HttpRequest = context["request"]
    return [(title, [(section, section.holds(request)) for section in group]) for title, group in GROUPS]
