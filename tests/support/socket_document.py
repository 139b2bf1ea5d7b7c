"""The AsyncAPI document of the socket, for tests: what it allows to be said, and what it knows to be told."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cached_property
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from apps.api.documents.kept import kept

Values = dict[str, Any]
JUNK = ({"a": 1}, ["a"], 7.5, True, "\n", "x" * 300_000)


class SocketDocument:
    def __init__(self) -> None:
        self.whole: Values = json.loads(kept("asyncapi.json"))
        self.operations: Values = self.whole["operations"]

    @property
    def actions(self) -> list[str]:
        """What a program may say."""
        return [name for name, found in self.operations.items() if found["action"] == "receive"]

    @cached_property
    def events(self) -> list[str]:
        """What a program is told that it has not asked for."""
        return [self._named(one)["name"] for one in self.operations["events"]["messages"]]

    def replies_to(self, action: str) -> set[str]:
        return {self._named(one)["name"] for one in self.operations[action]["reply"]["messages"]}

    def schema_of(self, action: str) -> Values:
        """Of the frame that says it, or tells it."""
        return self._found(self._message(action)["payload"])

    def examples_of(self, action: str) -> list[Values]:
        return [example["payload"] for example in self._message(action)["examples"]]

    def complaints(self, frame: Mapping[str, Any]) -> list[str]:
        """What is not as documented about what was told."""
        schema = {**self.schema_of(frame["action"]), "components": self.whole["components"]}
        found = Draft202012Validator(_plain(schema)).iter_errors(frame)
        return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in found]

    def frames(self, action: str, known: Mapping[str, list[str]]) -> st.SearchStrategy[Values]:
        """Anything that may be said by this action; `known` are ids that there are, by field."""
        return self._values(self.schema_of(action), known, "")

    def spoiled(self, frame: Values, action: str) -> Iterator[Values]:
        """The same, in each a thing that the document does not allow."""
        yield {**frame, "another": 1}
        yield {name: value for name, value in frame.items() if name != "action"}
        yield {**frame, "payload": []}
        yield {**frame, "payload": {**frame.get("payload", {}), "another": 1}}
        payload = self._payload_of(action)
        for name in payload.get("required", ()):
            yield _without(frame, name)
        for name in payload["properties"]:
            for junk in JUNK:
                spoiled = deepcopy(frame)
                spoiled.setdefault("payload", {})[name] = junk
                if name != "text" or not isinstance(junk, str) or len(junk) > 200_000:
                    yield spoiled

    def _payload_of(self, action: str) -> Values:
        return self._found(self.schema_of(action)["properties"]["payload"])

    def _message(self, action: str) -> Values:
        messages = self.whole["components"]["messages"].values()
        return next(message for message in messages if message["name"] == action)

    def _named(self, ref: Values) -> Values:
        return self._found(self._found(ref))

    def _found(self, schema: Values) -> Values:
        while "$ref" in schema:
            found: Any = self.whole
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def _values(self, schema: Values, known: Mapping[str, list[str]], name: str) -> st.SearchStrategy[Any]:
        schema = self._found(schema)
        if "const" in schema:
            return st.just(schema["const"])
        if "anyOf" in schema:
            return st.one_of(*(self._values(option, known, name) for option in schema["anyOf"]))
        if name in known and schema["type"] == "string":
            return st.sampled_from(known[name])
        if schema["type"] == "object":
            return self._objects(schema, known)
        if schema["type"] == "integer":
            return st.integers(schema["minimum"], schema["maximum"])
        return st.none() if schema["type"] == "null" else _texts(schema)

    def _objects(self, schema: Values, known: Mapping[str, list[str]]) -> st.SearchStrategy[Values]:
        required = set(schema.get("required", ()))
        fields = {name: self._values(part, known, name) for name, part in schema["properties"].items()}
        return st.fixed_dictionaries(
            {name: fields[name] for name in fields if name in required},
            optional={name: fields[name] for name in fields if name not in required},
        )


def _texts(schema: Values) -> st.SearchStrategy[str]:
    if "pattern" in schema:
        return st.from_regex(schema["pattern"].replace("$", r"\Z"), alphabet=st.characters(codec="ascii"))
    return st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=200)


def _without(frame: Values, name: str) -> Values:
    payload = {field: value for field, value in frame.get("payload", {}).items() if field != name}
    return {**frame, "payload": payload}


def _plain(schema: Any) -> Any:
    """AsyncAPI's discriminators are another thing than a validator takes them for."""
    if isinstance(schema, dict):
        return {name: _plain(part) for name, part in schema.items() if name != "discriminator"}
    return [_plain(part) for part in schema] if isinstance(schema, list) else schema
