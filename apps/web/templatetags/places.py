"""The places of the administration, in the order in which they are needed."""

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()

PLACES = {
    "Conversation": _("What is being talked about: whose, how much, how it ended."),
    "User": _("Who is here, what is theirs, and who may come in."),
    "AuditEntry": _("What staff read, searched and did, and why."),
    "Feedback": _("Which answers were good, and which were not."),
    "Generation": _("Every attempt to write a reply: tokens, times, errors."),
    "Worker": _("The processes that write replies."),
    "Token": _("By what programs are let in."),
    "EmailAddress": _("By what people sign in."),
    "Authenticator": _("What people prove themselves with besides."),
    "Group": _("Rights that several of the staff have."),
}


@register.simple_tag(takes_context=True)
def places(context: dict[str, Any]) -> list[dict[str, Any]]:
    """Those that whoever looks may enter: name, address, what they hold, and whether this page is there."""
    models = [model for app in context.get("available_apps") or () for model in app["models"]]
    open_to = {model["object_name"]: model for model in models if model["admin_url"]}
    path = context["request"].path
    return [
        {
            "name": open_to[name]["name"],
            "url": open_to[name]["admin_url"],
            "holds": holds,
            "is_here": path.startswith(open_to[name]["admin_url"]),
        }
        for name, holds in PLACES.items()
        if name in open_to
    ]
