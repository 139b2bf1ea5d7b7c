from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing

import pytest

from apps.llm.errors import ProviderError
from apps.llm.openai import OpenAIProvider
from apps.llm.provider import Begun, Delta, Finish, Item, Provider, Request, Turn
from tests.support.openai_server import OpenAIServer

KEY = "sk-of-the-test"

MakeProvider = Callable[..., OpenAIProvider]


@pytest.fixture(scope="session")
def running_server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def server(running_server: OpenAIServer) -> OpenAIServer:
    running_server.forget()
    return running_server


@pytest.fixture
def make_provider(server: OpenAIServer) -> MakeProvider:
    def make(**options: object) -> OpenAIProvider:
        return OpenAIProvider(api_key=KEY, **{"base_url": server.base_url, **options})

    return make


@pytest.fixture
def provider(make_provider: MakeProvider) -> OpenAIProvider:
    return make_provider()


@pytest.fixture
def impatient(make_provider: MakeProvider) -> OpenAIProvider:
    return make_provider(silence=0.2, patience=0.2, linger=0.1)


def ask(question: str = "How are you?", **fields: object) -> Request:
    return Request("scripted-1", (Turn("user", question),), **fields)


async def read(
    provider: Provider, request: Request | None = None, *, limit: int = 1_000_000
) -> tuple[str, Finish | None]:
    """The text and how it ended; only the text if it is longer than `limit`."""
    text = ""
    try:
        async with aclosing(provider.stream(request or ask())) as items:
            async for item in items:
                if isinstance(item, Finish):
                    return text, item
                text += item.text if isinstance(item, Delta) else ""
                if len(text) > limit:
                    break
        return text, None
    finally:
        await provider.close()


async def failure(provider: Provider, request: Request | None = None) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await read(provider, request)
    return caught.value


async def first(items: AsyncGenerator[Item, None]) -> str:
    item = await anext(items)
    if isinstance(item, Begun):
        item = await anext(items)
    assert isinstance(item, Delta)
    return item.text
