"""What the product asks of whoever serves a model."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class FinishReason(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"


@dataclass(frozen=True, slots=True)
class Turn:
    role: str  # system, user or assistant
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Request:
    model_name: str
    turns: tuple[Turn, ...]
    reply_so_far: str = ""  # written by an earlier attempt; the stream goes on behind it
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    text: str  # never empty, no NUL, no lone surrogate


@dataclass(frozen=True, slots=True)
class Finish:
    reason: FinishReason
    usage: Usage | None  # None: the provider did not say
    model_name: str  # the one that answered, which may be more exact than the one asked for


class Provider(Protocol):
    def resumes_exactly(self, model_name: str) -> bool:
        """Whether a stream, given `reply_so_far`, goes on exactly behind it."""

    def stream(self, request: Request) -> AsyncGenerator[Delta | Finish, None]:
        """Deltas, then exactly one Finish, or a ProviderError; closing it ends the call upstream."""

    async def close(self) -> None:
        """Let go of the connections of the running event loop."""


async def complete(provider: Provider, request: Request, *, limit: int) -> str:
    """The reply in one piece, cut off and no longer paid for after `limit` characters."""
    text = ""
    async with aclosing(provider.stream(request)) as items:
        async for item in items:
            if isinstance(item, Delta):
                text += item.text
            if len(text) >= limit:
                break
    return text[:limit]
