"""Markdown of our own in templates, drawn as messages are."""

from django import template
from django.utils.safestring import SafeString

from apps.web.markdown import render

register = template.Library()


@register.filter
def prose(text: str) -> SafeString:
    return render(text)
