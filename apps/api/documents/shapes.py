"""Pydantic models as JSON schemas, spelled as the document spells them."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

REF = "#/components/schemas/{model}"


class Plain(GenerateJsonSchema):
    """Without the titles that only repeat names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema_of(model: type[BaseModel], mode: JsonSchemaMode) -> tuple[dict[str, Any], dict[str, Any]]:
    """The model's schema, and by name those that it refers to."""
    schema = model.model_json_schema(ref_template=REF, schema_generator=Plain, mode=mode)
    others = schema.pop("$defs", {})
    for one in (schema, *others.values()):
        one.pop("title", None)
    return schema, others


def properties_of(model: type[BaseModel]) -> dict[str, dict[str, Any]]:
    """The fields of a query; one that may be left out cannot be null."""
    schema, _ = schema_of(model, "validation")
    return {name: _without_null(field) for name, field in schema["properties"].items()}


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    options = [option for option in field.pop("anyOf", []) if option.get("type") != "null"]
    if field.get("default", "") is None:
        del field["default"]
    return {**(options[0] if options else {}), **field}
