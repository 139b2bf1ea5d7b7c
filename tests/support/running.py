"""Parts of the product, running inside a test's own event loop until its block ends."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from apps.chat.events import ENGINES
from apps.events import mailbox
from apps.generation.engine import Engine
from apps.live.hub import Hub, hub

DEADLINE = 30.0  # seconds after which a test that waits has failed


@asynccontextmanager
async def running_bus() -> AsyncIterator[None]:
    """The process's mailbox, delivering."""
    task = asyncio.create_task(mailbox.run())
    await until(lambda: mailbox.is_open)
    try:
        yield
    finally:
        await _cancelled(task)


@asynccontextmanager
async def running_hub() -> AsyncIterator[Hub]:
    """The process's hub with its bus and its tick."""
    async with running_bus():
        task = asyncio.create_task(hub.run())
        try:
            yield hub
        finally:
            await _cancelled(task)


@asynccontextmanager
async def running_engine(grace: float = 0.0) -> AsyncIterator[Engine]:
    """An engine that claims what waits, drained at the end."""
    engine = Engine()
    await engine.start()
    try:
        yield engine
    finally:
        await engine.drain(grace)


async def abandon(engine: Engine) -> None:
    """Leave it as a killed process would: nothing is settled, and its lease is not given up."""
    await mailbox.leave(ENGINES, engine._hear)
    for task in (*engine._loops, *engine._replies, engine._writer):
        if task is not None:
            await _cancelled(task)


async def until(condition: Callable[[], object]) -> None:
    """Wait for `condition`, which looks at this process's memory only."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110  # whatever it looks at rings no bell
            await asyncio.sleep(0.005)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
