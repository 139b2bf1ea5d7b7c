import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from apps.live import credit
from apps.live.hub import hub
from apps.web import pump as pump_module
from apps.web.pump import HERE, LAST, MORE, MOST_IN_PART, RESTART, SIGNED_OUT, TOO_SLOW, Pump
from tests.support.running import DEADLINE, until


class View:
    """Has frames when a test says so; all that has gathered comes as one."""

    def __init__(self) -> None:
        self.wake = asyncio.Event()
        self.text = ""

    def grow(self, text: str) -> None:
        self.text += text
        self.wake.set()

    async def frame(self) -> str:
        frame, self.text = self.text, ""
        return frame


class Running:
    def __init__(self, *, acknowledges: bool = True, welcome: bool = True) -> None:
        self.view, self.sent, self._welcome = View(), list[str](), welcome
        self.pump = Pump(self.view, self._send, acknowledges=acknowledges)
        self.task: asyncio.Task[int] | None = None

    async def _send(self, frame: str) -> None:
        self.sent.append(frame)

    async def is_welcome(self) -> bool:
        return self._welcome

    async def ended(self) -> int:
        assert self.task
        return await asyncio.wait_for(self.task, DEADLINE)

    @property
    def frames(self) -> list[str]:
        return [frame for frame in self.sent if frame != HERE]

    async def sends(self, text: str) -> None:
        self.view.grow(text)
        await until(lambda: not self.view.wake.is_set())


@asynccontextmanager
async def pumping(**options: bool) -> AsyncIterator[Running]:
    running = Running(**options)
    running.task = asyncio.create_task(running.pump.run(running.is_welcome))
    try:
        yield running
    finally:
        running.task.cancel()
        await asyncio.gather(running.task, return_exceptions=True)


async def test_a_page_that_acknowledges_is_greeted_and_another_is_not():
    async with pumping() as new, pumping(acknowledges=False) as old:
        await new.sends("a")
        await old.sends("a")

    assert (new.sent, old.sent) == ([HERE, "a"], ["a"])


async def test_a_page_that_lags_is_sent_no_more_and_then_all_at_once():
    async with pumping() as page:
        for _ in range(credit.MOST_FRAMES + 50):
            await page.sends("x")
        assert len(page.sent) == credit.MOST_FRAMES

        page.pump.acknowledge(32)
        await until(lambda: len("".join(page.frames)) == credit.MOST_FRAMES + 50)

    assert len(page.sent) == credit.MOST_FRAMES + 1
    assert page.frames[-1] == "x" * 51


async def test_a_page_that_never_takes_anything_is_closed(monkeypatch):
    monkeypatch.setattr(credit, "PATIENCE", -1)
    async with pumping() as page:
        for _ in range(credit.MOST_FRAMES):
            page.view.grow("x")
            await asyncio.sleep(0)
            await asyncio.sleep(0)

        assert await page.ended() == TOO_SLOW


async def test_a_page_that_only_asks_and_takes_no_answer_is_closed(monkeypatch):
    monkeypatch.setattr(pump_module, "CHECK_EVERY", 3600)
    async with pumping() as page:
        await page.sends("x")
        for _ in range(credit.MOST_FRAMES * credit.MOST_OWED):
            await page.pump.answer(HERE)

        assert await page.ended() == TOO_SLOW


async def test_pages_that_do_not_acknowledge_are_sent_everything_whole():
    long = "y" * (3 * MOST_IN_PART)
    async with pumping(acknowledges=False) as page:
        for _ in range(2 * credit.MOST_FRAMES):
            await page.sends("x")
        await page.sends(long)

    assert (len(page.sent), page.sent[-1]) == (2 * credit.MOST_FRAMES + 1, long)


async def test_a_long_frame_goes_in_parts_that_make_it_up():
    long = "".join(f"+{number} 😀 " for number in range(50_000))
    async with pumping() as page:
        await page.sends(long)
        page.pump.acknowledge(len(page.sent))
        await until(lambda: page.frames[-1].startswith(LAST))

    assert max(len(part.encode()) for part in page.sent) <= 256 * 1024 + len(MORE)
    assert "".join(part[1:] for part in page.frames) == long
    assert [part[0] for part in page.frames] == [*MORE * (len(page.frames) - 1), LAST]


async def test_an_answer_never_comes_between_the_parts_of_a_frame():
    async with pumping() as page:
        await page.sends("y" * (12 * MOST_IN_PART))
        assert len(page.frames) < 12
        await page.pump.answer("accepted")
        for _ in range(4):
            page.pump.acknowledge(len(page.sent))
            await until(lambda: not page.view.wake.is_set())

    assert [frame[0] for frame in page.frames] == [MORE] * 11 + [LAST, "a"]


@pytest.mark.parametrize("frames", [None, "5", 1.5, [], 2**70, -3])
async def test_a_strange_acknowledgement_changes_nothing(frames):
    async with pumping() as page:
        await page.sends("a")
        page.pump.acknowledge(frames)
        await page.sends("b")

    assert page.frames == ["a", "b"]


async def timing_out(view):
    raise TimeoutError


async def test_a_drain_ends_even_a_page_that_lags(monkeypatch):
    monkeypatch.setattr(hub, "draining", False)
    async with pumping() as page:
        for _ in range(credit.MOST_FRAMES):
            await page.sends("x")
        hub.draining = True
        page.view.wake.set()

        assert await page.ended() == RESTART


async def test_a_busy_page_is_asked_for_its_session_too(monkeypatch):
    monkeypatch.setattr(pump_module, "CHECK_EVERY", 0.0)
    async with pumping(welcome=False) as page:
        page.view.grow("x")

        assert await page.ended() == SIGNED_OUT


async def test_a_database_that_hangs_sends_the_page_round_again(monkeypatch, caplog):
    monkeypatch.setattr(View, "frame", timing_out)
    async with pumping() as page:
        assert await page.ended() == RESTART

    assert "could not be brought up to date" in caplog.text
