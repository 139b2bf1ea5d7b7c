"""What load balancers, scrapers and people on call ask a web process, under whatever host they spell."""

from typing import Any

import orjson

from apps import metrics
from apps.ops.readiness import OK, backlog, own_readiness, readiness
from apps.ops.scrape import may_scrape

LIVENESS, READINESS, OWN_READINESS, METRICS = "/livez", "/readyz", "/readyz/self", "/metrics"
TEXT, JSON = "text/plain; charset=utf-8", "application/json"

Answer = tuple[int, str, bytes]


class Probes:
    """ASGI middleware in front of the pages.

    `/livez` answers as long as this process does; `/readyz` 200 and every part `ok`, or 503 and what ails
    which; `/readyz/self` asks only the parts without which this process can do nothing. `/metrics` is there
    for those who bear the token.
    """

    def __init__(self, pages: Any) -> None:
        self._pages = pages

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        answer = await _answer(scope)
        if answer is None:
            await self._pages(scope, receive, send)
            return
        status, kind, body = answer
        headers = [(b"content-type", kind.encode()), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _answer(scope: dict[str, Any]) -> Answer | None:
    """None leaves it to the pages, which know no such thing: it looks like any other absent page."""
    path = scope["path"]
    if path == LIVENESS:
        return 200, TEXT, b"ok\n"
    if path == READINESS:
        return _judged(await readiness())
    if path == OWN_READINESS:
        return _judged(await own_readiness())
    if path == METRICS and may_scrape(dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")):
        return 200, metrics.CONTENT_TYPE, await _metrics()
    return None


def _judged(parts: dict[str, str]) -> Answer:
    status = 200 if set(parts.values()) == {OK} else 503
    return status, JSON, orjson.dumps(parts, option=orjson.OPT_APPEND_NEWLINE)


async def _metrics() -> bytes:
    for name, count in (await backlog()).items():
        {"queued": metrics.QUEUED, "engines": metrics.WORKERS}[name].set(count)
    return metrics.rendered()
