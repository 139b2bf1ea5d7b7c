"""The ASGI application: pages over HTTP, the live view over a socket."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
pages = get_asgi_application()  # loads the apps: what is imported below needs them

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import WebsocketDenier  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from apps.api.handshake import ByToken  # noqa: E402
from apps.api.socket import ProgramConsumer  # noqa: E402
from apps.api.streams import Streams  # noqa: E402
from apps.ops.probes import Probes  # noqa: E402
from apps.ops.requests import CountedSockets  # noqa: E402
from apps.web.consumers import ChatConsumer  # noqa: E402
from apps.web.origin import SameOriginOnly  # noqa: E402
from apps.web.outage import Handshakes  # noqa: E402
from apps.web.visitors import Visitors  # noqa: E402


def of_our_own(application: Any) -> Any:
    """Opened by pages of ours, which send the cookie of a session."""
    return SameOriginOnly(Handshakes(Visitors(application)))


program = ProgramConsumer.as_asgi()
sockets = URLRouter(
    [
        path("ws/v1/", ByToken(program, otherwise=of_our_own(program))),  # type: ignore[arg-type]  # of Channels
        path("ws/", of_our_own(ChatConsumer.as_asgi())),
        re_path("", WebsocketDenier.as_asgi()),
    ]
)

application = ProtocolTypeRouter({"http": Probes(Streams(pages)), "websocket": CountedSockets(sockets)})
