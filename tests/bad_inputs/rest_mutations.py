"""Relatives of what the corpus asks of a REST interface: the same rules, met from another side."""

from typing import Any

from tests.bad_inputs.expand import Entry

LIMITS = {
    "plus": "%2B1",
    "space around": "%201%20",
    "underscore": "1_0",
    "hexadecimal": "0x10",
    "exponent": "1e1",
    "fraction": "1.0",
    "true": "true",
    "nothing": "",
    "one too many": "101",
    "beyond 64 bits": "9" * 30,
    "leading zeros beyond four": "00010",
    "superscript": "%C2%B2",
    "not UTF-8": "%ff",
}
PARAMETERS = {
    "a list by brackets": "limit[]=1",
    "an object by brackets": "limit[a]=1",
    "another case": "Limit=1",
    "a lookup": "title__regex=(a%2B)%2B%24",
    "a relation": "messages__content=x",
    "a method": "_method=DELETE",
    "another format": "format=xml",
    "a callback": "callback=__pwn",
    "page": "page=2",
    "fields": "fields=owner",
    "cursor of nothing": "cursor=",
    "cursor of another alphabet": "cursor=" + "%C3%A9" * 32,
    "cursor too long": "cursor=" + "A" * 33,
    "cursor below zero": "cursor=" + "_" * 32,
    "flag as number": "pinned=1",
    "flag twice": "pinned=true&pinned=false",
    "flag in capitals": "pinned=TRUE",
    "words too long": "words=" + "x" * 201,
}
BODIES: dict[str, Any] = {
    "a list": "[]",
    "a text": '"x"',
    "null": "null",
    "nothing but space": " ",
    "two objects": "{}{}",
    "a comma too many": '{"title": "t",}',
    "single quotes": "{'title': 't'}",
    "a comment": '{} // "x"',
    "NaN": '{"title": NaN}',
    "infinity": '{"title": -Infinity}',
    "byte order mark": "\ufeff{}",
    "title as list": '{"title": ["t"]}',
    "title as object": '{"title": {"$ne": null}}',
    "flag as text": '{"pinned": "yes"}',
    "flag as number": '{"pinned": 1}',
    "both flags": '{"pinned": true, "archived": true}',
    "prototype": '{"__proto__": {"is_staff": true}}',
    "constructor": '{"constructor": {"prototype": {}}}',
    "dunder": '{"__class__": "x"}',
    "lookup": '{"owner__email": "x"}',
    "head": '{"head_id": null}',
    "rev": '{"rev": 0}',
    "owner": '{"owner": 1}',
    "no such model": '{"model": "gpt-none"}',
    "a name with NUL": '{"title\\u0000": "t"}',
    "a name with half a surrogate": '{"title\\ud83d": "t"}',
    "no name": '{"": 1}',
    "deep": {"gen": "concat", "parts": [{"gen": "repeat", "unit": "[", "times": 100_000}]},
    "deep objects": {"gen": "repeat", "unit": '{"title":', "times": 50_000},
    "an endless number": {
        "gen": "concat",
        "parts": ['{"rev": ', {"gen": "repeat", "unit": "9", "times": 9_000}, "}"],
    },
}
KINDS = {
    "form": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data; boundary=x",
    "XML": "application/xml",
    "merge patch": "application/merge-patch+json",
    "UTF-16": "application/json; charset=utf-16",
    "nonsense": ";;;",
    "two": "application/json, text/plain",
}
ENTRANCES = {
    "token alone": "{{token}}",
    "two spaces in it": "Bearer {{token}} x",
    "quoted": 'Bearer "{{token}}"',
    "JWT of nobody": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
    "nothing": "Bearer",
    "the prefix": "Bearer colloquy_",
    "capitals in it": "Bearer COLLOQUY_{{token}}",
    "percent": "Bearer %7B%7Btoken%7D%7D",
    "digest": "Digest {{token}}",
}
KEYS = {
    "short": "abcdefg",
    "space": "abcdefgh ijkl",
    "half quoted": '"abcdefgh',
    "slash": "../../../etc/passwd",
    "list": "abcdefgh, ijklmnop",
    "65": "a" * 65,
}


def _entry(name: str, outcome: str, method: str, path: str, **more: Any) -> Entry:
    return Entry(name, outcome, {"gen": "http", "method": method, "path": path, **more})


def _raw(text: Any) -> Any:
    return {"gen": "raw_text", "text": text} if isinstance(text, str) else text


ONE = "/api/conversations/{{cid}}"
MUTATIONS = [
    *(
        _entry(f"limit: {name}", "http_200_capped_or_4xx", "GET", f"/api/conversations?limit={value}")
        for name, value in LIMITS.items()
    ),
    *(
        _entry(f"parameter: {name}", "own_rows_only", "GET", f"/api/conversations?{query}")
        for name, query in PARAMETERS.items()
    ),
    *(
        _entry(f"body: {name}", "field_unchanged", "PATCH", ONE, body=_raw(text))
        for name, text in BODIES.items()
    ),
    *(
        _entry(
            f"kind: {name}",
            "http_4xx",
            "PATCH",
            ONE,
            body=_raw('{"title": "t"}'),
            headers={"Content-Type": kind},
        )
        for name, kind in KINDS.items()
    ),
    *(
        _entry(f"entrance: {name}", "http_401", "GET", "/api/me", headers={"Authorization": value})
        for name, value in ENTRANCES.items()
    ),
    *(
        _entry(
            f"key: {name}",
            "http_4xx",
            "POST",
            "/api/messages",
            headers={"Idempotency-Key": key},
            body=_raw('{"content": "x"}'),
        )
        for name, key in KEYS.items()
    ),
    _entry(
        "five megabytes", "http_413", "PATCH", ONE, body={"gen": "repeat", "unit": "x", "times": 5_000_000}
    ),
    _entry("token in a cookie", "http_401", "GET", "/api/me", headers={"Cookie": "token={{token}}"}),
    _entry("ticket in place of a token", "http_401", "GET", "/api/me", query={"ticket": "{{token}}"}),
    _entry("compressed", "http_4xx", "PATCH", ONE, body=_raw("{}"), headers={"Content-Encoding": "gzip"}),
    _entry("override by query", "http_405", "POST", f"{ONE}?_method=DELETE"),
    _entry("PUT", "http_405", "PUT", ONE, body=_raw("{}")),
    _entry(
        "read-only, sends",
        "http_403",
        "POST",
        "/api/messages",
        headers={"Authorization": "Bearer {{readonly_token}}"},
    ),
    _entry(
        "somebody else changes",
        "http_404",
        "PATCH",
        ONE,
        headers={"Authorization": "Bearer {{bob_token}}"},
        body=_raw("{}"),
    ),
    _entry(
        "somebody else deletes", "http_404", "DELETE", ONE, headers={"Authorization": "Bearer {{bob_token}}"}
    ),
    _entry("somebody else's", "http_404", "GET", "/api/conversations/{{bob_cid}}"),
    _entry("id in capitals", "http_404", "GET", "/api/conversations/ABCDEF00-0000-4000-8000-00000000000A"),
    _entry("id in braces", "http_404", "GET", "/api/conversations/%7B{{uuid}}%7D"),
    _entry("up the path", "http_404", "GET", "/api/conversations/%2e%2e%2fme"),
    _entry("session changes without its token", "http_403", "DELETE", ONE, headers={"Cookie": "{{alice}}"}),
    _entry(
        "preflight of a foreign page",
        "no_cors",
        "OPTIONS",
        "/api/conversations",
        headers={"Origin": "https://evil.test", "Access-Control-Request-Method": "DELETE"},
    ),
]
