"""What is counted of a reply, and for whom it is written."""

import logging

import pytest

from apps import trace
from apps.bridge import in_database
from apps.chat.models import Message
from apps.generation import reply as reply_module
from apps.llm.errors import RateLimited, Unavailable
from apps.metrics import registry
from tests.support.running import running_engine, until
from tests.support.scripted_provider import ScriptedProvider, serving

pytestmark = pytest.mark.django_db(transaction=True)
ASKED_BY = "0123456789abcdef"
ENDS = ("rate_limited", "stop")


def value(name: str, **labels: str) -> float:
    return registry.get_sample_value(f"colloquy_{name}", labels) or 0


def settled(status: str, error: str = "") -> float:
    return value("replies_settled_total", status=status, error=error, model="demo")


def tokens() -> float:
    return sum(value("tokens_total", kind=kind, model="demo") for kind in ("prompt", "completion"))


async def written(provider: ScriptedProvider, before: float, status: str, error: str = "") -> None:
    with serving(provider):
        async with running_engine():
            await until(lambda: settled(status, error) > before)


async def test_an_answer_is_counted_once_and_by_its_end(reply: Message) -> None:
    before, claimed, spent = settled("complete"), value("replies_claimed_total"), tokens()

    await written(ScriptedProvider(["Be", "cause."]), before, "complete")

    assert settled("complete") == before + 1
    assert value("replies_claimed_total") == claimed + 1
    assert tokens() == spent + 8
    assert value("replies_running") == 0


async def test_text_is_counted_by_what_was_stored(reply: Message) -> None:
    before, stored, flushes = (
        settled("complete"),
        value("code_points_stored_total"),
        value("flush_seconds_count"),
    )

    await written(ScriptedProvider(["Be", "cause."]), before, "complete")

    assert value("code_points_stored_total") - stored <= len("Because.")  # the last of it goes with the end
    assert value("flush_seconds_count") > flushes


async def test_each_call_of_a_provider_is_counted_by_how_it_ended(
    reply: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reply_module, "BACKOFF", 0.01)
    before, calls = (
        settled("complete"),
        [value("provider_call_seconds_count", model="demo", outcome=o) for o in ENDS],
    )

    await written(ScriptedProvider([RateLimited()], ["Because."]), before, "complete")

    after = [value("provider_call_seconds_count", model="demo", outcome=o) for o in ENDS]
    assert [now - then for now, then in zip(after, calls, strict=True)] == [1, 1]


async def test_a_failure_is_counted_with_its_reason(reply: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply_module, "BACKOFF", 0.01)
    before = settled("failed", "unavailable")

    await written(ScriptedProvider([Unavailable()]), before, "failed", "unavailable")

    assert settled("failed", "unavailable") == before + 1


async def test_it_is_written_for_whoever_asked_last(reply: Message, caplog: pytest.LogCaptureFixture) -> None:
    await in_database(Message.objects.filter(pk=reply.pk).update)(request_id=ASKED_BY)
    heard: list[str] = []
    caplog.handler.addFilter(lambda record: heard.append(trace.request_id()) or True)

    with caplog.at_level(logging.INFO, "apps.generation.reply"):
        await written(ScriptedProvider(["Because."]), settled("complete"), "complete")

    assert set(heard) == {ASKED_BY}
