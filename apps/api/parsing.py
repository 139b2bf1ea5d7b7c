"""From a request to the model of what it says; what cannot be read, or is not right, raises Refused."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from apps.api.errors import Code, FieldCode, FieldError, Refused
from apps.api.fields import GATE, Said

MOST = 4 * 2**20  # bytes of a body: the longest message, every character of it escaped
JSON, UTF8 = "application/json", "utf-8"
LONGEST_NAME = 64  # code points that an answer repeats of a field's name
KINDS = {"missing": FieldCode.MISSING, "extra_forbidden": FieldCode.UNKNOWN}

B = TypeVar("B", bound=Said)


class Unread(BaseParser):
    """What the framework knows of our bodies: their kind. Looking for a CSRF token in one, it finds none.

    So `body_of` alone reads them, within its bounds, and not before it is clear who asks.
    """

    media_type = JSON

    def parse(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {}


def validated(model: type[B], values: Mapping[str, Any]) -> B:
    """The model of these values; raises Refused with what is wrong, field by field."""
    try:
        return model.model_validate({spelled(name): value for name, value in values.items()})
    except ValidationError as invalid:
        raise Refused(Code.INVALID, list(field_errors(invalid))) from None


def body_of(request: Request, model: type[B]) -> B:
    """The body, as JSON, with the key that the header Idempotency-Key gives if the body may have one."""
    values = _object(request)
    header = request.headers.get("Idempotency-Key")
    if header is None or "key" not in model.model_fields:
        return validated(model, values)
    key = header.strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':  # as structured fields spell a string
        key = key[1:-1]
    if values.get("key") not in (None, key):
        raise Refused(Code.INVALID, [FieldError.of("key", FieldCode.INVALID)])
    return validated(model, {**values, "key": key})


def query_of(request: Request, model: type[B]) -> B:
    """The parameters of the address."""
    lists = dict(request.query_params.lists())
    if repeated := [name for name, values in lists.items() if len(values) > 1]:
        raise Refused(Code.INVALID, [FieldError.of(name, FieldCode.INVALID) for name in repeated])
    return validated(model, {name: values[0] for name, values in lists.items()})


def _object(request: Request) -> dict[str, Any]:
    """The members of the JSON object that was sent; none if nothing was."""
    http = request._request  # the framework's own reading has no limit, and no reading without a length
    raw = http.read(MOST + 1)
    if not raw:
        return {}
    charset = (http.content_params or {}).get("charset", UTF8)
    if http.content_type != JSON or charset.lower() != UTF8:
        raise Refused(Code.UNSUPPORTED_MEDIA_TYPE)
    if http.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refused(Code.UNSUPPORTED_MEDIA_TYPE)
    if len(raw) > MOST:
        raise Refused(Code.TOO_LARGE)
    try:
        values = json.loads(raw.decode(UTF8), parse_constant=no_number)
    except (ValueError, RecursionError):
        raise Refused(Code.MALFORMED) from None
    if not isinstance(values, dict):
        raise Refused(Code.MALFORMED)
    return values


def spelled(name: str) -> str:
    """Without halves of surrogates, with which a name is none of ours and could not be told."""
    return name.encode("utf-8", "replace").decode()


def no_number(name: str) -> None:
    raise ValueError(name)


def field_errors(invalid: ValidationError, *, within: str = "") -> Iterator[FieldError]:
    """The first of each field: what may be left out is complained of twice.

    Of fields within the one named `within` the name alone is told.
    """
    seen = set()
    for error in invalid.errors(include_url=False, include_input=False):
        place = [str(name) for name in error["loc"]] or [""]
        field = place[1] if place[0] == within and len(place) > 1 else place[0]
        if field in seen:
            continue
        seen.add(field)
        code = error.get("ctx", {}).get("code") if error["type"] == GATE else KINDS.get(error["type"])
        yield FieldError.of(field[:LONGEST_NAME], code or FieldCode.INVALID)
