"""The AsyncAPI document of the typed socket: chanx knows what is said and answered, the models say how."""

import inspect
import json
from pathlib import Path
from typing import Any

from chanx.asyncapi.generator import AsyncAPIGenerator
from chanx.asyncapi.type_defs import normalize_discriminators
from chanx.messages.base import BaseMessage
from chanx.routing.discovery import RouteInfo
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from apps.api import messages as said
from apps.api.documents.examples import example_of
from apps.api.documents.shapes import REF, Plain
from apps.api.events import EVENTS
from apps.api.socket import ProgramConsumer

ADDRESS = "/ws/v1/"
CHANNEL = "programs"
PUSHED = f"{CHANNEL}_emits"  # as chanx calls the operation by which we tell what happens
FIRST = (
    "subscribe",
    "subscribe_list",
    "unsubscribe",
    "send",
    "edit",
    "regenerate",
    "continue",
    "stop",
    "ping",
)
ANSWERS = (
    said.PongMessage,
    said.SubscribedMessage,
    said.UnsubscribedMessage,
    said.AcceptedMessage,
    said.ErrorMessage,
)
SCHEMES: dict[str, dict[str, Any]] = {
    "token": {"type": "http", "scheme": "bearer", "description": "A token, made on the page of settings."},
    "ticket": {
        "type": "httpApiKey",
        "name": "ticket",
        "in": "query",
        "description": "For browsers: it opens one socket. POST /api/v1/tickets gives one for 30 seconds.",
    },
    "session": {
        "type": "httpApiKey",
        "name": "sessionid",
        "in": "cookie",
        "description": "Of a page of ours; from elsewhere it opens nothing.",
    },
}
SERVERS: dict[str, dict[str, Any]] = {
    "here": {
        "host": "{host}",
        "protocol": "wss",
        "variables": {"host": {"default": "localhost:8000", "description": "Where Colloquy is served."}},
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in SCHEMES],
    }
}
TICKET = {"type": "object", "properties": {"ticket": {"type": "string"}}}


class Generator(AsyncAPIGenerator):
    def _add_correlation_ids(self, components: dict[str, Any]) -> None:
        """Answers name what they answer by its key; chanx's own way to tell is not ours."""


def generated() -> dict[str, Any]:
    """What the code says now."""
    document = Generator(
        [RouteInfo(path=ADDRESS, handler=ProgramConsumer, base_url="", consumer=ProgramConsumer)],
        title="Colloquy: the typed socket",
        version="1",
        description=Path(__file__).with_suffix(".md").read_text(encoding="utf-8"),
        servers=SERVERS,
        security_schemes=SCHEMES,
    ).generate()
    channel, components = document["channels"][CHANNEL], document["components"]
    channel["bindings"] = {"ws": {"query": TICKET, "bindingVersion": "0.1.0"}}
    operations = dict(_operation(*pair) for pair in document["operations"].items())
    document["operations"] = {name: operations.pop(name) for name in FIRST} | operations
    components["schemas"], refs = _schemas()
    components["correlationIds"] = {"key": {"location": "$message.payload#/payload/key"}}
    components["messages"] = {
        name: _message(kind, refs[kind], components["schemas"]) for name, kind in _kinds(channel, refs)
    }
    normalize_discriminators(components["schemas"])
    found: dict[str, Any] = json.loads(json.dumps(document))  # nothing in it is shared
    return found


def _operation(name: str, operation: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """By the action that it is about."""
    told = {key: value for key, value in operation.items() if value}
    action = "events" if name == PUSHED else name.removeprefix("handle_")
    kind = ProgramConsumer.kinds.get(action)
    description = inspect.getdoc(kind) if kind else "What happens in what you follow."
    return action, {**told, "description": description}


def _schemas() -> tuple[dict[str, Any], dict[type[BaseMessage], str]]:
    """All of them by name, and where the schema of each message is."""
    modes: dict[type[BaseMessage], JsonSchemaMode] = {
        **dict.fromkeys(ProgramConsumer.kinds.values(), "validation"),
        **dict.fromkeys((*EVENTS, *ANSWERS), "serialization"),
    }
    refs, definitions = models_json_schema(list(modes.items()), ref_template=REF, schema_generator=Plain)
    schemas: dict[str, Any] = definitions["$defs"]
    for schema in schemas.values():
        schema.pop("title", None)
    for kind in ProgramConsumer.kinds.values():  # the models know by its class which action a message is
        schemas[kind.__name__].setdefault("required", []).append("action")
    return dict(sorted(schemas.items())), {kind: refs[kind, mode]["$ref"] for kind, mode in modes.items()}


def _kinds(
    channel: dict[str, Any], refs: dict[type[BaseMessage], str]
) -> list[tuple[str, type[BaseMessage]]]:
    """The messages by the names under which the channel has them."""
    by_name = {kind.__name__.lower(): kind for kind in refs}
    return [(name, by_name[name.replace("_", "")]) for name in channel["messages"]]


def _message(kind: type[BaseMessage], ref: str, schemas: dict[str, Any]) -> dict[str, Any]:
    named = {} if kind in EVENTS else {"correlationId": {"$ref": "#/components/correlationIds/key"}}
    return {
        "name": kind.model_fields["action"].default,
        "title": kind.model_fields["action"].default,
        "summary": inspect.getdoc(kind),
        "contentType": "application/json",
        **named,
        "payload": {"$ref": ref},
        "examples": [{"payload": example_of({"$ref": ref}, _sampled(schemas))}],
    }


def _sampled(schemas: Any) -> Any:
    """The schemas, as they are read where examples are made."""
    if isinstance(schemas, list):
        return [_sampled(one) for one in schemas]
    if not isinstance(schemas, dict):
        return schemas
    if "const" in schemas:
        return {"enum": [schemas["const"]]}
    return {"anyOf" if key == "oneOf" else key: _sampled(value) for key, value in schemas.items()}
