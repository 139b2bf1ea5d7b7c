import logging
import traceback

import pytest

from apps.llm.errors import ErrorCode, ProviderError, TimedOut
from apps.llm.openai import OpenAIProvider
from tests.llm.conftest import KEY, MakeProvider, ask, failure, first
from tests.support.openai_behaviours import BEHAVIOURS
from tests.support.openai_failures import PWN, SECRET
from tests.support.openai_scripts import (
    Script,
    error,
)
from tests.support.openai_server import OpenAIServer

PROVIDER_CODES = sorted({b.outcome for b in BEHAVIOURS.values()} - {"complete", "endless", "silent"})
FAILING = [name for name, b in BEHAVIOURS.items() if b.outcome in PROVIDER_CODES]
SILENT = [name for name, b in BEHAVIOURS.items() if b.outcome == "silent"]


@pytest.mark.parametrize("name", FAILING)
async def test_a_failure_has_one_of_our_codes(
    name: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(name)

    error = await failure(provider)

    assert error.code == BEHAVIOURS[name].outcome


@pytest.mark.parametrize("name", SILENT)
async def test_silence_times_out(name: str, server: OpenAIServer, impatient: OpenAIProvider) -> None:
    server.play(name)

    assert isinstance(await failure(impatient), TimedOut)
    await server.open_streams_to_be(0)


@pytest.mark.parametrize("name", FAILING)
async def test_a_failure_shows_neither_key_nor_address_nor_body(
    name: str, server: OpenAIServer, provider: OpenAIProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    server.play(name)

    error = await failure(provider)

    shown = "".join(traceback.format_exception(error)) + str(error) + repr(error) + caplog.text
    assert not [word for word in (KEY, SECRET, PWN, "127.0.0.1", "Bearer") if word in shown]


async def test_text_before_a_failure_is_kept(server: OpenAIServer, provider: OpenAIProvider) -> None:
    server.play("reset_in_the_middle")
    items = provider.stream(ask())

    assert await first(items) == "The beginning "
    with pytest.raises(ProviderError, match="cut_off"):
        await anext(items)
    await provider.close()


@pytest.mark.parametrize("name", ["rate_limited", "overloaded", "reset_before_head"])
async def test_retrying_is_left_to_the_caller(
    name: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(name)

    error = await failure(provider)

    assert error.retryable
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("30", 30), ("0.5", 0.5), ("-1", 0), ("1e300", 3600), ("Thu, 01 Jan 1970 00:00:00 GMT", 0)],
)
async def test_retry_after_is_understood(
    value: str, seconds: float, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(error(429, "slow down", headers={"retry-after": value}))

    assert (await failure(provider)).retry_after == seconds


@pytest.mark.parametrize("value", ["", "soon", "nan", "inf", "9" * 400])
async def test_a_senseless_retry_after_is_none(
    value: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(error(429, "slow down", headers={"retry-after": value}))

    assert (await failure(provider)).retry_after is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(
    status: int, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    location = {"location": f"{server.base_url}/chat/completions"}
    server.play(Script(status=status, headers=location))

    assert (await failure(provider)).code == ErrorCode.BAD_RESPONSE
    assert len(server.requests) == 1


async def test_a_closed_port_is_unavailable(make_provider: MakeProvider) -> None:
    provider = make_provider(base_url="http://127.0.0.1:1/v1")

    assert (await failure(provider)).code == ErrorCode.UNAVAILABLE


@pytest.mark.parametrize("base_url", ["localhost/v1", "ftp://localhost/v1", "http://[broken/v1"])
async def test_a_broken_address_is_an_ordinary_failure(base_url: str, make_provider: MakeProvider) -> None:
    error = await failure(make_provider(base_url=base_url))

    assert error.code in (ErrorCode.UNAVAILABLE, ErrorCode.INVALID_REQUEST)


async def test_a_key_that_no_header_takes_is_an_ordinary_failure(server: OpenAIServer) -> None:
    for key in ("sk-\n", "sk-é"):
        error = await failure(OpenAIProvider(api_key=key, base_url=server.base_url))

        assert error.code in (ErrorCode.UNAVAILABLE, ErrorCode.INVALID_REQUEST)
