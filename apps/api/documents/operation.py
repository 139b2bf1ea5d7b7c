"""What a view says of itself in the document; `finish` adds what follows from its address and method."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from pydantic import BaseModel

from apps.api.documents.shapes import properties_of
from apps.api.errors import Code
from apps.api.fields import KEY_PATTERN

F = TypeVar("F", bound=Callable[..., Any])
JSON, EVENTS = "application/json", "text/event-stream"
REFUSES = "x-refuses"  # by which the finished document is told of it
KEY = KEY_PATTERN[1:-1]
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": f'^({KEY}|"{KEY}")$'},
    OpenApiParameter.HEADER,
    description="`key` of the body, where that names none. If both do, they must be the same.",
)
LAST_EVENT_ID = OpenApiParameter(
    "Last-Event-ID",
    {"type": "string"},
    OpenApiParameter.HEADER,
    description="Where you are, as a browser says it that comes back; it goes before `position`.",
)
LOCATION = OpenApiParameter(
    "Location",
    {"type": "string", "format": "uri-reference"},
    OpenApiParameter.HEADER,
    description="Where it is read.",
    response=[201],
    required=True,
)


class DoorSchema(AutoSchema):
    def get_tags(self) -> list[str]:
        return [getattr(self.view, "tag", "")]


def operation(
    name: str,
    summary: str,
    answers: Mapping[int, tuple[type[BaseModel] | None, str]],
    *,
    query: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    refuses: tuple[Code, ...] = (),
    has_location: bool = False,
    streams: tuple[int, ...] = (),
) -> Callable[[F], F]:
    """Documents a method of a Door; its docstring is the description.

    `answers` are by status; those of the statuses in `streams` may be streams of events as well, or, where
    they have no model, are nothing else.
    """
    parameters = [*_parameters(query)] if query else []
    if body and "key" in body.model_fields:
        parameters.append(IDEMPOTENCY)
    if has_location:
        parameters.append(LOCATION)
    if streams and not body:
        parameters.append(LAST_EVENT_ID)
    told = {(status, JSON): OpenApiResponse(*answer) for status, answer in answers.items() if answer[0]}
    silent = {s: OpenApiResponse(*a) for s, a in answers.items() if not a[0] and s not in streams}
    events = {(s, EVENTS): OpenApiResponse(OpenApiTypes.STR, answers[s][1]) for s in streams}
    decorated: Callable[[F], F] = extend_schema(
        operation_id=name,
        summary=summary,
        parameters=parameters,
        request=body,
        responses={**told, **silent, **events},
        extensions={REFUSES: [str(code) for code in refuses]},
    )
    return decorated


def _parameters(query: type[BaseModel]) -> list[OpenApiParameter]:
    """All but the ticket, which is told of where it is told who may ask."""
    return [
        OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=schema.pop("description", ""))
        for name, schema in properties_of(query).items()
        if name != "ticket"
    ]
