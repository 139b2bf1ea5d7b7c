"""What every operation of the document has in common: how it can be refused, and what its JSON looks like."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from apps.api.documents.examples import example_of
from apps.api.documents.operation import REFUSES
from apps.api.documents.shapes import schema_of
from apps.api.errors import CONTENT_TYPE, KINDS, Code, FieldCode, FieldError, Problem

ALWAYS = (Code.UNAUTHORIZED, Code.NOT_ACCEPTABLE, Code.INTERNAL, Code.UNAVAILABLE)
CHANGING = (Code.CSRF, Code.READ_ONLY, Code.TOO_MANY)
READING_BODIES = (Code.MALFORMED, Code.TOO_LARGE, Code.UNSUPPORTED_MEDIA_TYPE, Code.INVALID)
FOR_READERS = {"issueTicket"}  # of what changes something, what a token that only reads may do
SECONDS = {"schema": {"type": "integer", "minimum": 1}, "required": True, "description": "Seconds to wait."}
CHALLENGE = {"schema": {"type": "string"}, "required": True, "description": "How to say who you are."}
HEADERS = {401: {"WWW-Authenticate": CHALLENGE}, 429: {"Retry-After": SECONDS}, 503: {"Retry-After": SECONDS}}
PATHS = {
    "conversation_id": "A conversation of yours.",
    "message_id": "A message in a conversation of yours.",
    "queued_id": "A message that waits.",
}


def finished(result: dict[str, Any], **context: object) -> dict[str, Any]:
    """The hook by which the generated document gets what it lacks."""
    schemas = result["components"]["schemas"]
    problem, others = schema_of(Problem, "validation")
    schemas.update({"Problem": problem, **others})
    result["components"]["examples"] = {str(code): _example(code) for code in Code}
    for method, operation in _operations(result):
        _describe_path(operation)
        codes = _refusals(method, operation)
        operation["responses"] = dict(sorted({**operation["responses"], **_responses(codes)}.items()))
        _exemplify(operation, schemas)
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def _operations(result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for methods in result["paths"].values():
        yield from methods.items()


def _describe_path(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            parameter["description"] = PATHS[parameter["name"]]


def _refusals(method: str, operation: dict[str, Any]) -> list[Code]:
    """In the order of the list, which is that of their statuses."""
    places = {parameter["in"] for parameter in operation.get("parameters", ())}
    codes = {Code(code) for code in operation.pop(REFUSES, ())} | set(ALWAYS)
    if "path" in places:
        codes.add(Code.ABSENT)
    if "query" in places:
        codes.add(Code.INVALID)
    if "requestBody" in operation:
        codes.update(READING_BODIES)
    if method != "get":
        codes.update(CHANGING)
    if operation["operationId"] in FOR_READERS:
        codes.discard(Code.READ_ONLY)
    return [code for code in Code if code in codes]


def _responses(codes: list[Code]) -> dict[str, Any]:
    by_status: dict[int, list[Code]] = {}
    for code in codes:
        by_status.setdefault(KINDS[code].status, []).append(code)
    return {str(status): _response(status, told) for status, told in by_status.items()}


def _response(status: int, codes: list[Code]) -> dict[str, Any]:
    examples = {str(code): {"$ref": f"#/components/examples/{code}"} for code in codes}
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}}
    names = " or ".join(f"`{code}`" for code in codes)
    headers = {"headers": HEADERS[status]} if status in HEADERS else {}
    return {"description": f"{HTTPStatus(status).phrase}: {names}", **headers, "content": content}


def _example(code: Code) -> dict[str, Any]:
    wrong = [FieldError.of("text", FieldCode.BLANK)] if code == Code.INVALID else ()
    problem = Problem.of(code, wrong)
    return {"summary": problem.title, "value": problem.model_dump(mode="json", exclude_none=True)}


def _exemplify(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    bodies = [operation["requestBody"]] if "requestBody" in operation else []
    for part in (*bodies, *operation["responses"].values()):
        media = part.get("content", {}).get("application/json")
        if media:
            media["example"] = example_of(media["schema"], schemas)
