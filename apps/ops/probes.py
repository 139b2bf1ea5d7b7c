"""What load balancers and people on call ask, under whatever host they spell."""

from typing import Any

import orjson

from apps.ops.readiness import OK, readiness

READINESS_PATH = "/readyz"


class Probes:
    """ASGI middleware that answers `/readyz`: 200 and every part `ok`, or 503 and what ails which."""

    def __init__(self, pages: Any) -> None:
        self._pages = pages

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["path"] != READINESS_PATH:
            await self._pages(scope, receive, send)
            return
        parts = await readiness()
        status = 200 if set(parts.values()) == {OK} else 503
        await _answer(send, status, orjson.dumps(parts, option=orjson.OPT_APPEND_NEWLINE))


async def _answer(send: Any, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
