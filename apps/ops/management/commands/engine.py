"""Write replies in a process of its own, so that a restart of the web touches none of them."""

import asyncio
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.events import mailbox
from apps.generation.engine import Engine
from apps.llm.registry import close_providers
from apps.ops.drain import cancelled, drain_on_signal, each_in_turn
from apps.ops.memory import settle_memory
from apps.ops.side_port import open_side_port


class Command(BaseCommand):
    help = "Run an engine without a web server; set ENGINE_IN_WEB=false for the web processes beside it."

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(_run(settings.DRAIN_SECONDS))


async def _run(grace: float) -> None:
    engine, ended = Engine(), asyncio.Event()
    bus = asyncio.create_task(mailbox.run())

    async def drain() -> None:
        await each_in_turn((engine.drain(grace), close_providers(), cancelled([bus])))
        ended.set()

    drain_on_signal(asyncio.get_running_loop(), drain, grace=grace)
    open_side_port(lambda: engine.is_beating)
    await engine.start()
    settle_memory()
    await ended.wait()
