"""What the product asks of whoever serves a model."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from apps.llm.errors import ProviderError

MAX_REFERENCE = 500


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
    reference: str = ""  # told by an earlier attempt's Begun; what it began is taken up again, not asked anew


@dataclass(frozen=True, slots=True)
class Begun:
    """The reply is written at the provider, listened to or not; `reference` finds it again and can end it."""

    reference: str  # at most MAX_REFERENCE characters; only the provider knows what they mean


@dataclass(frozen=True, slots=True)
class Delta:
    text: str  # never empty, no NUL, no lone surrogate


@dataclass(frozen=True, slots=True)
class Finish:
    reason: FinishReason
    usage: Usage | None  # None: the provider did not say
    model_name: str  # the one that answered, which may be more exact than the one asked for


Item = Begun | Delta | Finish


class Provider(Protocol):
    def resumes_exactly(self, model_name: str, reference: str = "") -> bool:
        """Whether a stream, given `reply_so_far` and `reference`, goes on exactly behind that text."""

    def stream(self, request: Request) -> AsyncGenerator[Item, None]:
        """Perhaps a Begun, then Deltas, then exactly one Finish, or a ProviderError.

        Closing it ends the call upstream, but not what has `Begun`: that ends by `cancel`.
        """

    async def cancel(self, reference: str) -> None:
        """End upstream what has Begun; does no harm to what has ended or is not known."""

    async def open(self) -> None:
        """Make ready what the first call of the running event loop would have to wait for."""

    async def close(self) -> None:
        """Let go of the connections of the running event loop."""


async def complete(provider: Provider, request: Request, *, limit: int) -> str:
    """The reply in one piece, cut off and no longer paid for after `limit` characters."""
    text, reference = "", ""
    async with aclosing(provider.stream(request)) as items:
        async for item in items:
            if isinstance(item, Begun):
                reference = item.reference
            if isinstance(item, Delta):
                text += item.text
            if len(text) >= limit:
                break
        else:
            reference = ""
    if reference:
        with suppress(ProviderError):
            await provider.cancel(reference)
    return text[:limit]
