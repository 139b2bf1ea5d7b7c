"""A provider that does what a test says, step by step."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from apps.llm.errors import ProviderError
from apps.llm.provider import Begun, Delta, Finish, FinishReason, Item, Request, Usage

Step = str | ProviderError | Exception | Begun | Finish | asyncio.Event


class ScriptedProvider:
    """Plays one script per call, the last one again and again: writes text, raises errors, waits for events.

    A script that does not end in an error or a Finish is finished as `stop`.
    """

    def __init__(self, *scripts: list[Step], resumes: bool = False) -> None:
        self.scripts = list(scripts)
        self.resumes = resumes
        self.requests: list[Request] = []
        self.cancelled: list[str] = []
        self.open_calls = 0

    def resumes_exactly(self, model_name: str, reference: str = "") -> bool:
        return self.resumes or bool(reference)

    async def stream(self, request: Request) -> AsyncGenerator[Item, None]:
        script = self.scripts[min(len(self.requests), len(self.scripts) - 1)]
        self.requests.append(request)
        self.open_calls += 1
        try:
            for step in script:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, asyncio.Event):
                    await step.wait()
                elif isinstance(step, Finish):
                    yield step
                    return
                else:
                    yield step if isinstance(step, Begun) else Delta(step)
            yield Finish(FinishReason.STOP, Usage(3, 5), "scripted-1")
        finally:
            self.open_calls -= 1

    async def cancel(self, reference: str) -> None:
        self.cancelled.append(reference)

    async def close(self) -> None: ...


@contextmanager
def serving(provider: ScriptedProvider) -> Iterator[ScriptedProvider]:
    """Have every model served by `provider`."""
    with (
        patch("apps.generation.reply.provider_for", lambda name: provider),
        patch("apps.generation.titles.provider_for", lambda name: provider),
        patch("apps.generation.upstream.provider_for", lambda name: provider),
        patch("apps.generation.settle.resumes_exactly", provider.resumes_exactly),
    ):
        yield provider
