import asyncio
from collections.abc import AsyncGenerator
from threading import Event as Gate

import pytest

from apps.llm import background
from apps.llm.background import MOST_CONNECTIONS
from apps.llm.errors import BadResponse, CutOff, ErrorCode, RateLimited, TimedOut, Unavailable
from apps.llm.openai import OpenAIProvider
from apps.llm.parameters import GO_ON
from apps.llm.provider import Begun, Delta, Finish, FinishReason, Item, Request, Usage, complete
from tests.llm.conftest import MakeProvider, ask, failure, first, read
from tests.support.openai_behaviours import REPLY
from tests.support.openai_responses import ended
from tests.support.openai_scripts import HTML, Script, error, page
from tests.support.openai_server import OpenAIServer

TOO_OLD = error(400, "This response can no longer be streamed because it is more than 5 minutes old")
REFUSED = ["unauthorized", "rate_limited", "context_too_long", "overloaded", "login_page", "gzip_bomb"]


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "BACKOFF", 0.01)
    monkeypatch.setattr(background, "POLL_EVERY", 0.01)


@pytest.fixture
def provider(make_provider: MakeProvider) -> OpenAIProvider:
    return make_provider(background=["*"])


async def begin(server: OpenAIServer, provider: OpenAIProvider, *steps: str) -> str:
    """Have a response written to its end; its reference."""
    server.responses.write(*steps)
    begun = (await everything(provider))[0]
    server.requests.clear()
    assert isinstance(begun, Begun)
    return begun.reference


async def everything(provider: OpenAIProvider, request: Request | None = None) -> list[Item]:
    items = [item async for item in provider.stream(request or ask())]
    await provider.close()
    return items


def text_of(items: list[Item]) -> str:
    return "".join(item.text for item in items if isinstance(item, Delta))


def methods(server: OpenAIServer) -> list[str]:
    return [request.method for request in server.requests]


async def test_a_response_begins_is_written_and_finishes(
    server: OpenAIServer, provider: OpenAIProvider
) -> None:
    items = await everything(provider)

    assert (type(items[0]), text_of(items)) == (Begun, REPLY)
    assert items[-1] == Finish(FinishReason.STOP, Usage(12, 34), "scripted-1")
    assert [type(item) for item in items[1:-1]] == [Delta] * (len(items) - 2)


async def test_the_prompt_is_sent_for_the_background(server: OpenAIServer, provider: OpenAIProvider) -> None:
    await everything(provider, ask("Héllo 😀", max_tokens=9))

    assert server.requests[0].path == "/v1/responses"
    assert server.requests[0].json == {
        "model": "scripted-1",
        "input": [{"role": "user", "content": "Héllo 😀"}],
        "stream": True,
        "background": True,
        "store": True,
        "max_output_tokens": 9,
    }


async def test_only_the_models_named_are_called_so(server: OpenAIServer, make_provider: MakeProvider) -> None:
    await everything(make_provider(background=["another"]))

    assert server.requests[0].path == "/v1/chat/completions"


@pytest.mark.parametrize("events", [1, 2, 3, 10, 40])
async def test_a_cut_is_no_interruption(events: int, server: OpenAIServer, provider: OpenAIProvider) -> None:
    server.responses.cut(events, events + 1)

    items = await everything(provider)

    assert text_of(items) == REPLY
    assert [type(item) for item in items].count(Begun) == 1
    assert methods(server) == ["POST", "GET", "GET"]


async def test_many_cuts_are_no_interruption_while_the_text_grows(
    server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.responses.cut(*range(4, 4 + 2 * MOST_CONNECTIONS))

    items = await everything(provider)

    assert (text_of(items), type(items[-1])) == (REPLY, Finish)
    assert len(server.requests) > MOST_CONNECTIONS


async def test_cuts_without_end_are_an_interruption(server: OpenAIServer, provider: OpenAIProvider) -> None:
    server.responses.cut(*[4] * 99)

    assert isinstance(await failure(provider), CutOff)
    assert methods(server) == ["POST", *["GET"] * (MOST_CONNECTIONS - 1)]


@pytest.mark.parametrize(
    "answer", [error(503, "overloaded"), error(429, "slow down"), page(500, "<h1>Oops</h1>")]
)
async def test_a_provider_that_is_away_for_a_moment_is_no_interruption(
    answer: Script, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.responses.cut(4)
    server.responses.refuse(answer, answer)

    assert text_of(await everything(provider)) == REPLY
    assert methods(server) == ["POST", "GET", "GET", "GET"]


async def test_a_model_may_think_between_connections(server: OpenAIServer, provider: OpenAIProvider) -> None:
    thought = Gate()
    server.responses.write("Be", thought, "cause.")
    server.responses.cut(2)
    items = provider.stream(ask())

    assert await first(items) == "Be"
    thought.set()
    assert text_of([item async for item in items]) == "cause."
    await provider.close()


@pytest.mark.parametrize("written", ["", "B", "Be", "Becau", "Because."])
async def test_another_worker_takes_it_up_where_the_text_ends(
    written: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    reference = await begin(server, provider, "Be", "cause", ".")

    items = await everything(provider, ask(reply_so_far=written, reference=reference))

    assert written + text_of(items) == "Because."
    assert methods(server) == ["GET"]
    assert {type(item) for item in items} <= {Delta, Finish}


async def test_characters_count_not_bytes(server: OpenAIServer, provider: OpenAIProvider) -> None:
    reference = await begin(server, provider, "a😀", "é", "b")

    items = await everything(provider, ask(reply_so_far="a😀é", reference=reference))

    assert text_of(items) == "b"


async def test_a_continued_reply_is_taken_up_behind_what_it_had(
    server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.responses.write("ca", "use.")
    begun = (await everything(provider, ask(reply_so_far="Be")))[0]

    items = await everything(provider, ask(reply_so_far="Becaus", reference=begun.reference))

    assert text_of(items) == "e."
    assert [turn["content"] for turn in server.requests[0].json["input"][1:]] == ["Be", GO_ON]


@pytest.mark.parametrize("written", ["No", "Because. ", "Bec\0", "because."])
async def test_a_text_that_differs_is_neither_doubled_nor_rewritten(
    written: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    reference = await begin(server, provider, "Because.")

    taken_up = failure(provider, ask(reply_so_far=written, reference=reference))

    assert isinstance(await taken_up, BadResponse)
    assert methods(server) == ["GET"]


async def test_a_response_that_is_gone_is_asked_for_again_if_nothing_was_seen(
    server: OpenAIServer, provider: OpenAIProvider
) -> None:
    reference = await begin(server, provider, "Lost.")
    server.responses.lose_all()

    items = await everything(provider, ask(reference=reference))

    assert (type(items[0]), text_of(items)) == (Begun, REPLY)
    assert items[0].reference != reference
    assert methods(server) == ["GET", "POST"]


@pytest.mark.parametrize("answer", [error(404, "not found"), page(404, "<h1>No</h1>"), Script(headers=HTML)])
async def test_a_response_that_is_gone_is_not_asked_for_again_behind_text(
    answer: Script, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    reference = await begin(server, provider, "Because.")
    server.responses.refuse(answer)

    assert isinstance(await failure(provider, ask(reply_so_far="Be", reference=reference)), CutOff)
    assert methods(server) == ["GET"]


async def test_a_response_that_failed_unseen_is_asked_for_again(
    server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.responses.write(ended("failed", error={"code": "server_error"}))
    items = provider.stream(ask())
    begun = await anext(items)
    with pytest.raises(Unavailable):
        await anext(items)

    assert text_of(await everything(provider, ask(reference=begun.reference))) == REPLY
    assert methods(server) == ["POST", "GET", "POST"]


async def test_a_response_that_failed_is_not_connected_to_again(
    server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.responses.write("Be", ended("failed", error={"code": "rate_limit_exceeded"}))

    assert isinstance(await failure(provider), RateLimited)
    assert methods(server) == ["POST"]


async def test_what_is_too_old_to_be_streamed_is_had_in_one_piece(
    server: OpenAIServer, provider: OpenAIProvider
) -> None:
    reference = await begin(server, provider, "Be", "cause.")
    server.responses.refuse(TOO_OLD)

    items = await everything(provider, ask(reply_so_far="Be", reference=reference))

    assert items == [Delta("cause."), Finish(FinishReason.STOP, Usage(12, 34), "scripted-1")]
    assert [request.path.partition("?")[2] for request in server.requests] == ["stream=true", ""]


async def test_it_waits_for_what_is_to_be_had_in_one_piece(
    server: OpenAIServer, provider: OpenAIProvider
) -> None:
    thought = Gate()
    server.responses.write("Be", thought, "cause.")
    server.responses.cut(2)
    server.responses.refuse(TOO_OLD)
    reading = asyncio.create_task(read(provider))
    await asyncio.to_thread(server.wait_for, lambda: len(server.requests) >= 4)

    thought.set()

    assert (await reading)[0] == "Because."


@pytest.mark.parametrize("written", ["", "Be"])
async def test_what_is_refused_in_every_way_is_gone(
    written: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    reference = await begin(server, provider, "Because.")
    server.responses.refuse(TOO_OLD, error(400, "no"))
    request = ask(reply_so_far=written, reference=reference)

    if written:
        assert isinstance(await failure(provider, request), CutOff)
    else:
        assert text_of(await everything(provider, request)) == REPLY


@pytest.mark.parametrize("name", REFUSED)
async def test_a_refusal_has_one_of_our_codes_and_is_left_to_the_caller(
    name: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.play(name)

    code = (await failure(provider)).code

    assert code in (name, ErrorCode.UNAVAILABLE, ErrorCode.BAD_RESPONSE)
    assert methods(server) == ["POST"]


async def test_a_model_that_says_nothing_is_not_waited_for_twice(
    server: OpenAIServer, make_provider: MakeProvider
) -> None:
    server.responses.write(Gate())
    impatient = make_provider(background=["*"], silence=0.2)

    assert isinstance(await failure(impatient), TimedOut)
    assert methods(server) == ["POST"]


async def test_a_silent_connection_is_made_anew_once(
    server: OpenAIServer, make_provider: MakeProvider
) -> None:
    server.responses.write("Be", Gate())
    impatient = make_provider(background=["*"], silence=0.2)

    assert isinstance(await failure(impatient), TimedOut)
    assert methods(server) == ["POST", "GET"]


async def test_leaving_ends_the_connection_but_not_the_response(
    server: OpenAIServer, provider: OpenAIProvider
) -> None:
    going_on = Gate()
    server.responses.write("Be", going_on, "cause.")
    items = provider.stream(ask())
    reference = (await anext(items)).reference
    await first(items)

    await items.aclose()
    await server.open_streams_to_be(0)
    going_on.set()

    assert text_of(await everything(provider, ask(reply_so_far="Be", reference=reference))) == "cause."
    assert server.responses.cancelled == []


async def test_a_response_ends_when_it_is_cancelled(server: OpenAIServer, provider: OpenAIProvider) -> None:
    server.responses.write("Be", Gate())
    items: AsyncGenerator[Item] = provider.stream(ask())
    reference = (await anext(items)).reference
    await items.aclose()

    await provider.cancel(reference)
    await provider.cancel(reference)

    assert isinstance(await failure(provider, ask(reply_so_far="Be", reference=reference)), CutOff)
    assert [f"0:{response_id}" for response_id in server.responses.cancelled] == [reference] * 2


@pytest.mark.parametrize("reference", ["", "0:resp_unknown", "nonsense", ":", "-1:resp"])
async def test_cancelling_what_is_not_known_does_no_harm(
    reference: str, server: OpenAIServer, provider: OpenAIProvider
) -> None:
    await provider.cancel(reference)
    await provider.close()

    assert server.responses.cancelled == []


async def test_a_completion_cut_at_its_limit_is_cancelled(
    server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.responses.write("Because.", Gate())

    assert await complete(provider, ask(), limit=5) == "Becau"
    assert len(server.responses.cancelled) == 1
    await provider.close()


async def test_a_whole_completion_is_not_cancelled(server: OpenAIServer, provider: OpenAIProvider) -> None:
    assert await complete(provider, ask(), limit=10_000) == REPLY
    assert server.responses.cancelled == []
    await provider.close()


async def test_an_end_that_repeats_a_long_text_is_no_flood(
    server: OpenAIServer, provider: OpenAIProvider
) -> None:
    server.responses.write(*["\N{BLACK STAR}" * 1000] * 390)

    assert text_of(await everything(provider)) == "\N{BLACK STAR}" * 390_000


async def test_a_response_without_an_id_is_read_but_not_taken_up(
    server: OpenAIServer, provider: OpenAIProvider
) -> None:
    nameless = [b"data: %b\n\n" % data for data in (b'{"type":"response.created"}',)]
    server.play(Script([*nameless, b'data: {"type":"response.output_text.delta","delta":"Be"}\n\n']))

    assert isinstance(await failure(provider), CutOff)
    assert methods(server) == ["POST"]


async def test_finished_responses_share_a_connection(server: OpenAIServer, provider: OpenAIProvider) -> None:
    before = server.connections
    for _ in range(3):
        assert await complete(provider, ask(), limit=10_000) == REPLY
    await provider.close()

    assert server.connections - before == 1


def test_what_has_begun_resumes_exactly(make_provider: MakeProvider) -> None:
    provider = make_provider(background=["one"], prefill=["two"])

    assert provider.resumes_exactly("one", "0:resp_1")
    assert not provider.resumes_exactly("one")
    assert provider.resumes_exactly("two")


async def test_a_begun_text_is_prefilled_where_the_model_can(
    server: OpenAIServer, make_provider: MakeProvider
) -> None:
    await everything(make_provider(background=["*"], prefill=["*"]), ask(reply_so_far="It was a da"))

    assert server.requests[0].path == "/v1/chat/completions"
    assert server.requests[0].json["continue_final_message"] is True
