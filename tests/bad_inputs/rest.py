"""What the corpus asks of a REST interface, as ours spells it: paths, names of fields, and who is who."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx2

from tests.bad_inputs.expand import Entry
from tests.bad_inputs.people import CSRF_TOKEN, Person, looked_at

API = "/api/v1"
PATHS = {  # the longest first
    "/api/messages/{{mid}}/stream": f"{API}/conversations/{{{{cid}}}}/events",
    "/api/conversations": f"{API}/conversations",
    "/api/messages": f"{API}/conversations/{{{{cid}}}}/messages",
}
FIELDS = {"content": "text"}
LITERAL = "/:?=&%;,+~"  # of a path, what is sent as it stands
EVIL = {"created_at": "1999-01-01T00:00:00Z", "deleted_at": "1999-01-01T00:00:00Z"}


@dataclass
class Cast:
    """Who asks, what they have, and what their tokens are."""

    alice: Person
    values: dict[str, str] = field(default_factory=dict)

    def filled(self, text: str) -> str:
        for name, value in self.values.items():
            text = text.replace("{{" + name + "}}", value)
        return text


@dataclass(frozen=True)
class Told:
    """What came back."""

    status: int
    headers: httpx2.Headers
    text: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found

    @property
    def is_problem(self) -> bool:
        return self.headers.get("Content-Type") == "application/problem+json"


def ask(http: httpx2.Client, cast: Cast, entry: Entry) -> Told:
    """Whoever names nobody is Alice, by a token that may write."""
    spec = entry.input
    headers = [(name, cast.filled(value)) for name, value in _headers(spec.get("headers", {}))]
    names = {name.lower() for name, _ in headers}
    if not names & {"authorization", "cookie", "x-api-key"} and "query" not in spec:
        headers.append(("Authorization", cast.filled("Bearer {{token}}")))
    body = _body(spec.get("body"), spec["path"])
    if body is not None and "content-type" not in names:
        headers.append(("Content-Type", "application/json"))
    url = cast.alice.base_url + cast.filled(_path(spec["path"]))
    if "query" in spec:
        url += "?" + "&".join(f"{name}={quote(cast.filled(value))}" for name, value in spec["query"].items())
    with http.stream(spec["method"], url, headers=headers, content=body) as answer:
        is_stream = answer.headers.get("Content-Type", "").startswith("text/event-stream")
        text = next(answer.iter_text(), "") if is_stream else answer.read().decode()
    http.cookies.clear()
    return Told(answer.status_code, answer.headers, looked_at(text))


def cookie_of(person: Person) -> str:
    return f"sessionid={person.session}; csrftoken={CSRF_TOKEN}"


def _headers(said: dict[str, Any]) -> list[tuple[str, str]]:
    """A header that is there twice is a list; a long one has a generator."""
    return [
        (name, Entry("", "", one).value)
        for name, value in said.items()
        for one in (value if isinstance(value, list) else [value])
    ]


def _path(path: str) -> str:
    for theirs, ours in PATHS.items():
        if path.startswith(theirs):
            path = ours + path.removeprefix(theirs)
            break
    else:
        path = path.replace("/api/", f"{API}/", 1)
    return (
        quote(path.replace("{{", "\x01").replace("}}", "\x02"), safe=LITERAL + "\x01\x02")
        .replace("\x01", "{{")
        .replace("\x02", "}}")
    )


def _body(said: Any, path: str) -> bytes | None:
    match said:
        case None:
            return None
        case {"gen": "raw_text", "text": text}:
            for theirs, ours in FIELDS.items():
                text = text.replace(f'"{theirs}"', f'"{ours}"')
            return str(text).encode("utf-8", "surrogatepass")
        case {"gen": "json", "value": value}:
            evil = {name: EVIL.get(name, 1) for name in value}
            return json.dumps({n: evil[n] if v == "{{evil_value}}" else v for n, v in value.items()}).encode()
        case {"gen": "hex", "hex": digits}:
            return bytes.fromhex(digits)
    return Entry("", "", said).value.encode("utf-8", "surrogatepass")
