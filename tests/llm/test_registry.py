import pytest
from django.test import override_settings

from apps.llm import registry
from apps.llm.demo import DemoProvider
from apps.llm.errors import ModelNotFound
from apps.llm.openai import OpenAIProvider
from apps.llm.provider import Request, complete
from tests.llm.conftest import ask, read
from tests.support.openai_behaviours import REPLY
from tests.support.openai_server import OpenAIServer

NOTHING = {
    "OPENAI_API_KEY": "",
    "OPENAI_BASE_URL": "",
    "OPENAI_MODELS": ("one", "two"),
    "OPENAI_PREFILL": (),
    "OPENAI_BACKGROUND": (),
}


@pytest.fixture(autouse=True)
def fresh():
    registry._gateway.cache_clear()
    yield
    registry._gateway.cache_clear()


@override_settings(**NOTHING)
def test_without_a_key_the_demo_answers() -> None:
    assert registry.demo_is_active()
    assert (registry.default_model(), registry.model_names()) == ("demo", ("demo",))
    assert isinstance(registry.provider_for("demo"), DemoProvider)


@override_settings(**{**NOTHING, "OPENAI_API_KEY": " sk-1 \n"})
def test_a_key_connects_the_models_named() -> None:
    assert not registry.demo_is_active()
    assert (registry.default_model(), registry.model_names()) == ("one", ("one", "two"))
    assert isinstance(registry.provider_for("two"), OpenAIProvider)


@override_settings(**{**NOTHING, "OPENAI_API_KEY": "sk-1"})
def test_all_models_share_one_provider() -> None:
    assert registry.provider_for("one") is registry.provider_for("two")


@pytest.mark.parametrize("settings_in_use", [NOTHING, {**NOTHING, "OPENAI_API_KEY": "sk-1"}])
def test_a_model_that_is_not_offered_is_not_found(settings_in_use: dict[str, object]) -> None:
    with override_settings(**settings_in_use), pytest.raises(ModelNotFound):
        registry.provider_for("three")


@override_settings(**{**NOTHING, "OPENAI_API_KEY": "sk-1", "OPENAI_PREFILL": ("one",)})
def test_prefill_is_a_setting_of_each_model() -> None:
    assert registry.resumes_exactly("one")
    assert not registry.resumes_exactly("two")


@override_settings(**{**NOTHING, "OPENAI_API_KEY": "sk-1", "OPENAI_BACKGROUND": ("one",)})
def test_what_has_begun_is_taken_up_exactly() -> None:
    assert registry.resumes_exactly("one", "0:resp_1")
    assert not registry.resumes_exactly("one")
    assert not registry.resumes_exactly("three", "0:resp_1")


async def test_the_background_is_a_setting_of_each_model(server: OpenAIServer) -> None:
    with override_settings(**{**NOTHING, "OPENAI_BASE_URL": server.base_url, "OPENAI_BACKGROUND": ("two",)}):
        for name in ("one", "two"):
            await complete(registry.provider_for(name), Request(name, ask().turns), limit=10_000)
        await registry.close_providers()

    assert [request.path for request in server.requests] == ["/v1/chat/completions", "/v1/responses"]


async def test_a_server_of_ones_own_needs_no_key(server: OpenAIServer) -> None:
    with override_settings(**{**NOTHING, "OPENAI_BASE_URL": server.base_url}):
        text, _ = await read(registry.provider_for("one"))

        assert text == REPLY
        await registry.close_providers()


async def test_closing_twice_and_going_on_afterwards_is_fine(server: OpenAIServer) -> None:
    with override_settings(**{**NOTHING, "OPENAI_BASE_URL": server.base_url}):
        await registry.close_providers()
        await registry.close_providers()

        assert (await read(registry.provider_for("one"), ask()))[0] == REPLY
