"""A port beside the work of an engine, a worker or beat, for those who look after it: health and counters."""

import logging
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.conf import settings

from apps import metrics
from apps.ops.scrape import may_scrape

logger = logging.getLogger(__name__)

PATIENCE = 5.0  # seconds that a client may take to ask
ABSENT = (404, "text/plain", b"not here\n")


def open_side_port(is_well: Callable[[], bool]) -> None:
    """Answer at SIDE_PORT, where one is set, on a thread that ends with the process."""
    if not settings.SIDE_PORT:
        return
    handler = type("Handler", (_Handler,), {"is_well": staticmethod(is_well)})
    try:
        server = _Server(("", settings.SIDE_PORT), handler)
    except OSError as error:
        logger.warning("The side port cannot be opened: %s", error.strerror)
        return
    threading.Thread(target=server.serve_forever, name="side-port", daemon=True).start()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what went wrong in a line of the log, as everybody does here."""
        logger.warning("A look at the side port failed: %s", type(sys.exc_info()[1]).__name__)


class _Handler(BaseHTTPRequestHandler):
    is_well: Callable[[], bool]
    timeout = PATIENCE

    def do_GET(self) -> None:
        status, kind, body = self._answer()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self) -> tuple[int, str, bytes]:
        if self.path == "/livez":
            return 200, "text/plain", b"ok\n"
        if self.path == "/readyz/self":
            return (200, "text/plain", b"ok\n") if self._is_well() else (503, "text/plain", b"no beat\n")
        if self.path == "/metrics" and may_scrape(self.headers.get("Authorization", "")):
            return 200, metrics.CONTENT_TYPE, metrics.rendered()
        return ABSENT

    def _is_well(self) -> bool:
        try:
            return self.is_well()
        except Exception as error:  # noqa: BLE001 - whatever it asks may have gone away this moment
            logger.warning("Its health could not be asked for: %s", type(error).__name__)
            return False

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nobody wants a line for each look."""
