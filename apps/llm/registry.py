"""Which provider serves which model: the one place of the gateway that reads settings."""

import asyncio
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from apps.llm import demo
from apps.llm.errors import ModelNotFound
from apps.llm.provider import Provider

OPENAI = "apps.llm.openai.OpenAIProvider"  # by name: its package takes longer to load than all of ours
NO_KEY = "none"  # servers of one's own take any key, but the client insists on one


@dataclass(frozen=True)
class Gateway:
    provider: Provider
    model_names: tuple[str, ...]


def provider_for(model_name: str) -> Provider:
    """The provider of a model that is offered; ModelNotFound for any other name."""
    if model_name not in model_names():
        raise ModelNotFound
    return _gateway().provider


def offered(model_name: str) -> str:
    """`model_name` if it is offered, else the default: a conversation outlives its first model."""
    return model_name if model_name in model_names() else default_model()


def resumes_exactly(model_name: str, reference: str = "") -> bool:
    """Whether a broken-off reply of this model can be carried on without a seam."""
    return model_name in model_names() and _gateway().provider.resumes_exactly(model_name, reference)


def model_names() -> tuple[str, ...]:
    return _gateway().model_names


def default_model() -> str:
    return model_names()[0]


def demo_is_active() -> bool:
    return isinstance(_gateway().provider, demo.DemoProvider)


async def open_providers() -> None:
    """Have everything loaded and ready in the running event loop, before a reply needs it."""
    await (await asyncio.to_thread(_gateway)).provider.open()


async def close_providers() -> None:
    """Close the connections of the running event loop, as its last act."""
    await _gateway().provider.close()


@cache
def _gateway() -> Gateway:
    api_key, base_url = settings.OPENAI_API_KEY.strip(), settings.OPENAI_BASE_URL.strip()
    if not api_key and not base_url:
        return Gateway(demo.DemoProvider(), (demo.MODEL_NAME,))
    provider = import_string(OPENAI)(
        api_key=api_key or NO_KEY,
        base_url=base_url or None,
        prefill=settings.OPENAI_PREFILL,
        background=settings.OPENAI_BACKGROUND,
        silence=settings.OPENAI_TIMEOUT,
    )
    return Gateway(provider, tuple(settings.OPENAI_MODELS))
