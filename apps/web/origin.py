"""Who may open a socket: pages of this very origin. Hosts alone would let another scheme or port in."""

from collections.abc import Awaitable, Callable
from typing import Any

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class SameOriginOnly:
    """ASGI middleware that refuses handshakes whose Origin is missing, foreign, or not this host's."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if is_same_origin(
            headers.get(b"origin", ""), headers.get(b"host", ""), secure=_is_secure(scope, headers)
        ):
            await self.application(scope, receive, send)
        else:
            await WebsocketDenier()(scope, receive, send)


def is_same_origin(origin: str, host: str, *, secure: bool) -> bool:
    """Whether `origin` is the scheme, host and port asked for, or one that the settings trust."""
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    ours = f"{'https' if secure else 'http'}://{host}"
    domain, _ = split_domain_port(host)
    return origin.lower() == ours.lower() and validate_host(domain, settings.ALLOWED_HOSTS)


def _is_secure(scope: dict[str, Any], headers: dict[bytes, str]) -> bool:
    header = getattr(settings, "SECURE_PROXY_SSL_HEADER", None)
    if header:
        name = header[0].removeprefix("HTTP_").replace("_", "-").lower().encode()
        return bool(headers.get(name, "") == header[1])
    return bool(scope.get("scheme") == "wss")
