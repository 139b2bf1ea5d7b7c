"""The ASGI application: pages over HTTP, the live view over a socket."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
pages = get_asgi_application()  # loads the apps: what is imported below needs them

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from apps.api.streams import Streams  # noqa: E402
from apps.ops.probes import Probes  # noqa: E402
from apps.ops.requests import CountedSockets  # noqa: E402
from apps.web.consumers import ChatConsumer  # noqa: E402
from apps.web.origin import SameOriginOnly  # noqa: E402
from apps.web.outage import Handshakes  # noqa: E402

sockets = URLRouter([path("ws/", ChatConsumer.as_asgi())])

known = SameOriginOnly(Handshakes(AuthMiddlewareStack(sockets)))

application = ProtocolTypeRouter({"http": Probes(Streams(pages)), "websocket": CountedSockets(known)})
