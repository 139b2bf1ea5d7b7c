"""What a view says of itself in the document; `finish` adds what follows from its address and method."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from pydantic import BaseModel

from apps.api.documents.shapes import properties_of
from apps.api.errors import Code
from apps.api.fields import KEY_PATTERN

F = TypeVar("F", bound=Callable[..., Any])
REFUSES = "x-refuses"  # by which the finished document is told of it
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": KEY_PATTERN.replace("^", '^"?').replace("$", '"?$')},
    OpenApiParameter.HEADER,
    description="`key` of the body, where that names none. If both do, they must be the same.",
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
    more: Mapping[tuple[int, str], Any] | None = None,
) -> Callable[[F], F]:
    """Documents a method of a Door; its docstring is the description.

    `answers` are by status; `more` are those of other kinds than JSON, by status and media type.
    """
    parameters = [*_parameters(query)] if query else []
    if body and "key" in body.model_fields:
        parameters.append(IDEMPOTENCY)
    if 201 in answers and "Ticket" not in name:
        parameters.append(_location(sorted({201, 200} & set(answers))))
    responses: dict[Any, Any] = {
        status: OpenApiResponse(model, description) for status, (model, description) in answers.items()
    }
    decorated: Callable[[F], F] = extend_schema(
        operation_id=name,
        summary=summary,
        parameters=parameters,
        request=body,
        responses={**responses, **(more or {})},
        extensions={REFUSES: [str(code) for code in refuses]},
    )
    return decorated


def _parameters(query: type[BaseModel]) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=schema.pop("description", ""))
        for name, schema in properties_of(query).items()
    ]


def _location(statuses: list[int]) -> OpenApiParameter:
    return OpenApiParameter(
        "Location",
        {"type": "string", "format": "uri-reference"},
        OpenApiParameter.HEADER,
        description="Where it is read.",
        response=statuses,
        required=True,
    )
