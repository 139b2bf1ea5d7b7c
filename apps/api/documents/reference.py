"""The OpenAPI document as a page shows it: operations in groups, shapes as tables."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from apps.api.documents.kept import kept
from apps.api.errors import FIELDS, KINDS

VARIABLES = {"{conversation_id}": "$CONVERSATION", "{message_id}": "$MESSAGE", "{queued_id}": "$QUEUED"}
JSON, EVENTS = "application/json", "text/event-stream"


@dataclass(frozen=True)
class Field:
    """`shape` is the name of the schema of which it holds one, or more."""

    name: str
    kind: str
    shape: str
    required: bool
    description: str


@dataclass(frozen=True)
class Shape:
    name: str
    description: str
    fields: list[Field]
    values: list[str]


@dataclass(frozen=True)
class Answer:
    status: str
    description: str
    shape: str
    streams: bool


@dataclass(frozen=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Field]
    body: Shape | None
    answers: list[Answer]
    codes: list[str]
    request: str  # as Markdown, like what comes back
    response: str


@dataclass(frozen=True)
class Group:
    name: str
    description: str
    operations: list[Operation]


@dataclass(frozen=True)
class Problem:
    code: str
    status: int
    title: str
    detail: str


@dataclass(frozen=True)
class Reference:
    prose: str
    groups: list[Group]
    shapes: list[Shape]
    problems: list[Problem]
    field_problems: list[tuple[str, str]]


@cache
def reference() -> Reference:
    """Of the document that is kept, once for all requests."""
    document = json.loads(kept("openapi.json"))
    schemas = document["components"]["schemas"]
    bodies = set(_bodies(document))
    return Reference(
        prose=document["info"]["description"],
        groups=[
            Group(tag["name"], tag["description"], list(_operations(document, tag["name"])))
            for tag in document["tags"]
        ],
        shapes=[shape_of(name, schema) for name, schema in schemas.items() if name not in bodies],
        problems=[Problem(code, kind.status, kind.title, kind.detail) for code, kind in KINDS.items()],
        field_problems=[(code, sentence) for code, sentence in FIELDS.items()],
    )


def _operations(document: dict[str, Any], tag: str) -> Iterator[Operation]:
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            if tag in said["tags"]:
                yield _operation(method.upper(), path, said, schemas)


def _operation(method: str, path: str, said: dict[str, Any], schemas: dict[str, Any]) -> Operation:
    body = said.get("requestBody", {}).get("content", {}).get(JSON)
    name = name_in(body["schema"]) if body else ""
    responses = said["responses"].items()
    good = [_answer(status, answer) for status, answer in responses if status < "400"]
    codes = [code for status, answer in responses if status >= "400" for code in _codes(answer)]
    return Operation(
        id=said["operationId"],
        method=method,
        path=path,
        summary=said["summary"],
        description=said.get("description", ""),
        parameters=[_parameter(parameter) for parameter in said.get("parameters", ())],
        body=body_of(name, schemas[name]) if name else None,
        answers=good,
        codes=codes,
        request=_request(method, path, body, streams=good[0].streams and not good[0].shape),
        response=_response(said["responses"]),
    )


def _answer(status: str, answer: dict[str, Any]) -> Answer:
    content = answer.get("content", {})
    shape = name_in(content[JSON]["schema"]) if JSON in content else ""
    return Answer(status, answer["description"], shape, streams=EVENTS in content)


def _codes(answer: dict[str, Any]) -> Iterable[str]:
    (content,) = answer["content"].values()
    return content["examples"].keys()  # type: ignore[no-any-return]  # JSON has no types


def _parameter(said: dict[str, Any]) -> Field:
    kind = f"{_kind(said['schema'])} in the {said['in']}"
    return Field(said["name"], kind, "", said.get("required", False), said.get("description", ""))


def shape_of(name: str, schema: dict[str, Any]) -> Shape:
    required = schema.get("required", ())
    fields = [
        Field(field, _kind(part), name_in(part), field in required, _described(part))
        for field, part in schema.get("properties", {}).items()
    ]
    return Shape(name, schema.get("description", ""), fields, schema.get("enum", []))


def body_of(name: str, schema: dict[str, Any]) -> Shape:
    """Its fields; null says of one no more than leaving it out."""
    shape = shape_of(name, schema)
    fields = [replace(field, kind=field.kind.removesuffix(" or null")) for field in shape.fields]
    return replace(shape, fields=fields)


def _kind(schema: dict[str, Any]) -> str:
    if "const" in schema:
        return json.dumps(schema["const"])
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    if "$ref" in schema:
        return name_in(schema)
    if schema["type"] == "array":
        return f"list of {_kind(schema['items'])}"
    return str(schema.get("format", schema["type"])) + _bounds(schema)


def _bounds(schema: dict[str, Any]) -> str:
    if "maximum" in schema:
        return f" from {schema.get('minimum', 0)} to {schema['maximum']}"
    return f" of at most {schema['maxLength']:,} characters" if "maxLength" in schema else ""


def name_in(schema: dict[str, Any]) -> str:
    """The schema that this one refers to, somewhere; empty for none."""
    parts = [schema, schema.get("items", {}), *schema.get("anyOf", ())]
    return next((part["$ref"].rpartition("/")[2] for part in parts if "$ref" in part), "")


def _described(schema: dict[str, Any]) -> str:
    options = [schema, *schema.get("anyOf", ())]
    return next((option["description"] for option in options if "description" in option), "")


def _bodies(document: dict[str, Any]) -> Iterator[str]:
    for methods in document["paths"].values():
        for said in methods.values():
            if "requestBody" in said:
                yield name_in(said["requestBody"]["content"][JSON]["schema"])


def _request(method: str, path: str, body: dict[str, Any] | None, *, streams: bool) -> str:
    """What curl would be told."""
    for placeholder, variable in VARIABLES.items():
        path = path.replace(placeholder, variable)
    is_told = method not in ("GET", "POST") or (method == "POST" and not body)
    lines = [
        f'curl "$API{path}"',
        *(["--no-buffer"] if streams else []),
        *([f"--request {method}"] if is_told else []),
        '--header "Authorization: Bearer $TOKEN"',
        *([f"--json '{json.dumps(body['example'], indent=2, ensure_ascii=False)}'"] if body else []),
    ]
    return "```sh\n" + " \\\n  ".join(lines) + "\n```"


def _response(responses: dict[str, Any]) -> str:
    examples = [
        answer["content"][JSON]["example"]
        for status, answer in responses.items()
        if status in ("201", "200", "202") and JSON in answer.get("content", {})
    ]
    if not examples:
        return ""
    return "```json\n" + json.dumps(examples[0], indent=2, ensure_ascii=False) + "\n```"
