import pytest

from apps.llm.errors import ErrorCode
from apps.llm.openai import OpenAIProvider
from apps.llm.parameters import GO_ON
from apps.llm.provider import Turn
from tests.llm.conftest import KEY, MakeProvider, ask, failure, read
from tests.support.openai_server import OpenAIServer


@pytest.mark.parametrize("name", ["refuses_stream_options", "forbids_stream_options"])
async def test_refused_stream_options_are_left_out_from_then_on(
    name: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(name, name, name)

    await read(provider)
    await read(provider)

    assert ["stream_options" in request.json for request in server.requests] == [True, False, False]


async def test_a_refusal_of_something_else_is_not_tried_again(
    server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play("invalid_request")

    await failure(provider)

    assert len(server.requests) == 1


async def test_the_other_name_of_max_tokens_is_learnt(server: OpenAIServer, provider: OpenAIProvider) -> None:
    server.play("refuses_max_tokens", "refuses_max_tokens")

    await read(provider, ask(max_tokens=7))

    assert server.requests[-1].json["max_completion_tokens"] == 7
    assert "max_tokens" not in server.requests[-1].json


async def test_the_prompt_is_sent_as_it_is(server: OpenAIServer, provider: OpenAIProvider) -> None:
    await read(provider, ask("Héllo 😀", max_tokens=9))

    request = server.requests[0]
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json == {
        "model": "scripted-1",
        "messages": [{"role": "user", "content": "Héllo 😀"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 9,
    }


async def test_a_reply_so_far_is_followed_by_an_instruction(
    server: OpenAIServer, provider: OpenAIProvider
) -> None:
    await read(provider, ask(reply_so_far="It was a da"))

    assert not provider.resumes_exactly("scripted-1")
    assert server.requests[0].json["messages"][1:] == [
        {"role": "assistant", "content": "It was a da"},
        {"role": "user", "content": GO_ON},
    ]


async def test_a_reply_so_far_is_prefilled_where_that_is_known_to_work(
    server: OpenAIServer, make_provider: MakeProvider
) -> None:
    provider = make_provider(prefill=["*"])

    await read(provider, ask(reply_so_far="It was a da"))

    sent = server.requests[0].json
    assert provider.resumes_exactly("scripted-1")
    assert sent["messages"][-1] == {"role": "assistant", "content": "It was a da"}
    assert (sent["continue_final_message"], sent["add_generation_prompt"]) == (True, False)


async def test_a_turn_with_a_lone_surrogate_is_an_ordinary_failure(provider: OpenAIProvider) -> None:
    assert (await failure(provider, ask("\ud800"))).code == ErrorCode.INVALID_REQUEST


async def test_every_turn_keeps_its_role(server: OpenAIServer, provider: OpenAIProvider) -> None:
    request = ask()
    turns = (Turn("system", "Be brief."), *request.turns, Turn("assistant", "Well."))

    await read(provider, type(request)("scripted-1", turns))

    assert [message["role"] for message in server.requests[0].json["messages"]] == [
        "system",
        "user",
        "assistant",
    ]
