import gc
import time
from collections.abc import Callable

import pytest

from apps.web.markdown import Drawing, render
from apps.web.markdown.document import cleaned, draw_all
from apps.web.markdown.splitter import split
from tests.web.markdown_corpus import Reading, corpus

HARMLESS = corpus("inert", "no_request")
COSTLY = corpus("bounded_time")
SLOWEST = 0.25  # seconds of processor time for one text, or one update of a growing one


@pytest.mark.parametrize("name", HARMLESS)
def test_hostile_text_is_inert(name):
    text = "".join(HARMLESS[name])

    reading = Reading(render(text, scope="m"))

    reading.assert_inert()


@pytest.mark.parametrize("name", HARMLESS)
def test_hostile_text_is_inert_at_every_moment_of_its_arrival(name):
    text, drawing = "".join(HARMLESS[name]), Drawing("m")

    for end in range(1, len(text) + 1):
        drawing.update(text[:end])
        Reading(drawing.html).assert_inert()
    drawing.finish()

    assert drawing.html == render(text, scope="m")


@pytest.mark.parametrize("name", COSTLY)
def test_costly_text_is_drawn_in_time(name):
    text = "".join(COSTLY[name])

    def draw() -> float:
        start = time.process_time()
        draw_all(split(cleaned(text)), "")
        return time.process_time() - start

    assert best_of_three(draw) < SLOWEST
    Reading(render(text)).assert_inert()


@pytest.mark.parametrize("name", COSTLY)
def test_costly_text_never_holds_up_an_update(name):
    text = "".join(COSTLY[name])[:40_000]

    def slowest_update() -> float:
        drawing, slowest = Drawing(), 0.0
        for end in range(250, len(text) + 250, 250):
            start = time.process_time()
            drawing.update(text[:end])
            assert drawing.open is not None
            slowest = max(slowest, time.process_time() - start)
        return slowest

    assert best_of_three(slowest_update) < SLOWEST


def best_of_three(measure: Callable[[], float]) -> float:
    """The processor time that the work itself takes: what the machine adds, it does not add three times.

    The collector leaves alone what all other tests have left in memory: the product has no such heap.
    """
    gc.collect()
    gc.freeze()
    try:
        return min(measure() for _ in range(3))
    finally:
        gc.unfreeze()
