"""Before a drill: a stack of its own with data of its own, the model that it asks, and the people."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from apps.ops.drill import wire
from apps.ops.drill.accounts import sessions
from apps.ops.drill.faults import ENGINES, WEBS
from apps.ops.drill.ledger import Ledger
from apps.ops.drill.model import ScriptedModel
from apps.ops.drill.person import Person
from apps.ops.drill.stage import Stage
from apps.ops.drill.tab import Tab
from apps.ops.services import Services
from apps.ops.stack import Echo, Stack

PAGES_PER_PERSON = 2
PEOPLE_PER_ACCOUNT = 2  # two conversations share a list
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "config.settings.dev",
    "ENV_FILE": os.devnull,
    "OPENAI_API_KEY": "",
    "OPENAI_MODELS": wire.MODEL_NAME,
    "OPENAI_PREFILL": "*",
    "OPENAI_TIMEOUT": "30",  # longer than an engine is frozen, or it would wake only to give up
    "DRAIN_SECONDS": "2",  # shorter than many a reply: some are handed over
}


@asynccontextmanager
async def opened(folder: Path, *, clients: int, seed: int, echo: Echo) -> AsyncIterator[Stage]:
    """The stage, with everybody on it; `folder` must be open to the account of the database servers."""
    async with ScriptedModel() as model:
        settings = {**SETTINGS, "DATA_DIR": str(folder / "data"), "OPENAI_BASE_URL": model.base_url}
        # Lasting services: they sync what they commit, as a database must that is to be killed.
        services = Services(folder / "services")
        stack = Stack(services, web=len(WEBS), engines=len(ENGINES), environment=settings, echo=echo)
        async with _running(stack):
            stage = Stage(stack, model, Ledger())
            stage.people = await _people(stage, clients // PAGES_PER_PERSON, seed)
            yield stage


@asynccontextmanager
async def _running(stack: Stack) -> AsyncIterator[None]:
    await asyncio.to_thread(stack.__enter__)
    try:
        yield
    finally:
        for process in stack.processes.values():
            process.kill()  # nothing is left to be kept
        await asyncio.to_thread(stack.__exit__, None, None, None)


async def _people(stage: Stage, count: int, seed: int) -> list[Person]:
    """Each with two tabs whose usual sites differ."""
    sites = [stage.stack.url_of(number) for number in range(len(WEBS))]
    accounts = await asyncio.to_thread(sessions, stage.stack, -(-count // PEOPLE_PER_ACCOUNT))

    def tab(number: int, place: int) -> Tab:
        chance = Random(f"{seed} {number} {place}")
        ordered = [*sites[place:], *sites[:place]]
        return Tab(ordered, accounts[number // PEOPLE_PER_ACCOUNT], stage.ledger, chance)

    return [
        Person((tab(number, 0), tab(number, 1)), stage.ledger, Random(f"{seed} {number}"))
        for number in range(count)
    ]
