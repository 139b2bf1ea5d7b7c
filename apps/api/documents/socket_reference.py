"""The AsyncAPI document as a page shows it: what is said, how it is answered, what happens."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from apps.api.documents.kept import kept
from apps.api.documents.reference import Shape, body_of, name_in, shape_of

IN_EVERY_FRAME = {"Naming", "Named"}


@dataclass(frozen=True)
class Frame:
    """One kind of message; `payloads` are one, or several among which a field decides."""

    action: str
    summary: str
    description: str
    payloads: list[Shape]
    replies: list[str]
    example: str  # as Markdown


@dataclass(frozen=True)
class SocketReference:
    address: str
    prose: str
    said: list[Frame]
    answers: list[Frame]
    events: list[Frame]
    shapes: list[Shape]


@cache
def socket_reference() -> SocketReference:
    """Of the document that is kept, once for all requests."""
    document = json.loads(kept("asyncapi.json"))
    messages = {message["name"]: message for message in document["components"]["messages"].values()}
    operations = document["operations"]
    said = [name for name, operation in operations.items() if operation["action"] == "receive"]
    events = [_name(document, ref) for ref in operations["events"]["messages"]]
    answers = [name for name in messages if name not in {*said, *events}]
    return SocketReference(
        address=document["channels"]["programs"]["address"],
        prose=document["info"]["description"],
        said=[_frame(document, messages[name], operations[name]) for name in said],
        answers=[_frame(document, messages[name]) for name in answers],
        events=[_frame(document, messages[name]) for name in events],
        shapes=list(_shapes(document["components"]["schemas"])),
    )


def _frame(
    document: dict[str, Any], message: dict[str, Any], operation: dict[str, Any] | None = None
) -> Frame:
    schemas = document["components"]["schemas"]
    payload = _found(document, message["payload"])["properties"]["payload"]
    read = body_of if operation else shape_of
    return Frame(
        action=message["name"],
        summary=operation["summary"] if operation else "",
        description=message["summary"],
        payloads=[read(name, schemas[name]) for name in _variants(payload)],
        replies=[_name(document, ref) for ref in operation["reply"]["messages"]] if operation else [],
        example=_drawn(message["examples"][0]["payload"]),
    )


def _shapes(schemas: dict[str, Any]) -> Iterator[Shape]:
    """What payloads are made of, but for the payloads and the frames themselves."""
    frames = {name for name, schema in schemas.items() if "action" in schema.get("properties", {})}
    payloads = {part for name in frames for part in _variants(schemas[name]["properties"]["payload"])}
    for name, schema in schemas.items():
        if name not in frames | payloads | IN_EVERY_FRAME:
            yield shape_of(name, schema)


def _variants(payload: dict[str, Any]) -> list[str]:
    return [name_in(option) for option in payload.get("oneOf", [payload])]


def _name(document: dict[str, Any], ref: dict[str, Any]) -> str:
    return str(_found(document, ref)["name"])


def _found(document: dict[str, Any], ref: dict[str, Any]) -> dict[str, Any]:
    found = ref
    while "$ref" in found:
        path, found = found["$ref"].removeprefix("#/").split("/"), document
        for part in path:
            found = found[part]
    return found


def _drawn(frame: dict[str, Any]) -> str:
    return "```json\n" + json.dumps(frame, indent=2, ensure_ascii=False) + "\n```"
