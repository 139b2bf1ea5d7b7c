"""How the document's generator reads what is ours: models of pydantic, and who lets whom in."""

from typing import Any

from drf_spectacular.contrib.pydantic import PydanticExtension
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import ResolvedComponent

from apps.api.documents.shapes import schema_of


class ModelExtension(PydanticExtension):
    """What is said to us may leave out what has a default; what we say leaves out nothing."""

    priority = 1

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        schema, others = schema_of(self.target, "validation" if direction == "request" else "serialization")
        for name, other in others.items():
            component = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, object=name, schema=other)
            auto_schema.registry.register_on_missing(component)
        return schema


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "apps.api.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        description = "A token made on the settings page. One that may only read changes nothing."
        return {"type": "http", "scheme": "bearer", "description": description}


class TicketScheme(OpenApiAuthenticationExtension):
    target_class = "apps.api.views.streams.TicketAuthentication"
    name = "ticket"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        description = "A ticket, good for one use: browsers send no headers with a stream of events."
        return {"type": "apiKey", "in": "query", "name": "ticket", "description": description}


class SessionScheme(OpenApiAuthenticationExtension):
    """The cookie alone reads; whatever changes something says the token of its pages, too."""

    target_class = "apps.api.authentication.BrowserAuthentication"
    name = ["session", "csrf"]

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[Any]]:
        return {"session": []} if auto_schema.method == "GET" else {"session": [], "csrf": []}

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        cookie = "Of somebody who has signed in; over HTTPS its name is __Host-sessionid."
        header = "The CSRF token of the session’s pages."
        return [
            {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": cookie},
            {"type": "apiKey", "in": "header", "name": "X-CSRFToken", "description": header},
        ]
