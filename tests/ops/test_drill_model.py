import pytest

from apps.llm.errors import CutOff, ProviderError, RateLimited, Unavailable
from apps.llm.openai import OpenAIProvider
from apps.llm.provider import Delta, Finish, Request, Turn
from apps.ops.drill.model import ScriptedModel
from apps.ops.drill.script import VOICES, Question
from apps.ops.drill.wire import MODEL_NAME, Refusal

QUESTION = Question(1, words=12)
FIRST, SECOND = VOICES[:2]


async def answer(
    model: ScriptedModel, *turns: Turn, so_far: str = "", cut_after: int = 0
) -> tuple[str, bool]:
    """What our own provider makes of the model's answer, and whether it was whole."""
    provider = OpenAIProvider(api_key="none", base_url=model.base_url, prefill=["*"])
    request = Request(MODEL_NAME, turns or (Turn("user", QUESTION.prompt),), reply_so_far=so_far)
    text, whole = "", False
    try:
        async for item in provider.stream(request):
            whole = isinstance(item, Finish)
            text += item.text if isinstance(item, Delta) else ""
            if cut_after and len(text) >= cut_after:
                model.cut()
    finally:
        await provider.close()
    return text, whole


async def test_model_says_its_script_with_the_voice_of_the_call() -> None:
    async with ScriptedModel() as model:
        said = [await answer(model) for _ in range(2)]

    assert said == [(QUESTION.spoken(FIRST), True), (QUESTION.spoken(SECOND), True)]


@pytest.mark.parametrize("length", [1, 7, 40])
async def test_begun_reply_goes_on_exactly_where_it_ends(length: int) -> None:
    async with ScriptedModel() as model:
        rest, _ = await answer(model, so_far=QUESTION.spoken(FIRST)[:length])

    assert rest == QUESTION.spoken(FIRST)[length:]


async def test_text_that_it_never_said_is_a_complaint() -> None:
    async with ScriptedModel() as model:
        with pytest.raises(ProviderError):
            await answer(model, so_far="Once upon a time")

    assert len(model.complaints) == 1


@pytest.mark.parametrize(("refusal", "error"), [(Refusal.BROKEN, Unavailable), (Refusal.BUSY, RateLimited)])
async def test_next_call_is_refused_when_asked_for(refusal: Refusal, error: type[ProviderError]) -> None:
    async with ScriptedModel() as model:
        model.refusals.append(refusal)
        with pytest.raises(error):
            await answer(model)

        assert await answer(model) == (QUESTION.spoken(FIRST), True)


async def test_cut_stream_breaks_off_in_the_middle() -> None:
    async with ScriptedModel() as model:
        with pytest.raises(CutOff):
            await answer(model, cut_after=10)

    assert 10 <= model.calls[0].said < len(QUESTION.script)


async def test_title_names_the_question() -> None:
    async with ScriptedModel() as model:
        instruction = Turn("system", "Write a title for this conversation.")
        title, _ = await answer(model, instruction, Turn("user", QUESTION.prompt))

    assert title == "About question 1"
