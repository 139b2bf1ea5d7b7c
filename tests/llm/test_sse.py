from collections import deque
from itertools import repeat

import pytest

from apps.llm.errors import BadResponse
from apps.llm.sse import MAX_EVENT_BYTES, Event, EventParser

STREAM = (
    b"\xef\xbb\xbfdata: one\n\n: comment\nevent: ping\ndata:two\r\ndata: more\r\rid: 7\nretry: 3\ndata\n\n"
)
EVENTS = [Event(b"", b"one"), Event(b"ping", b"two\nmore"), Event(b"", b"")]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
def test_events_do_not_depend_on_how_bytes_are_cut(size: int) -> None:
    parser = EventParser()

    pieces = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]

    assert [event for piece in pieces for event in parser.feed(piece)] == EVENTS


def test_a_name_without_data_does_not_stick() -> None:
    assert EventParser().feed(b"event: execute\n\ndata: one\n\n") == [Event(b"", b"one")]


def test_whole_lines_at_the_end_are_an_event() -> None:
    parser = EventParser()

    assert parser.feed(b"data: one\nda") == []
    assert parser.end() == [Event(b"", b"one")]


@pytest.mark.parametrize("filler", [b"x", b"data: x\n", b": x\n", b"\n", b"\r\n", b"event: x\n\n", b"data: "])
def test_endless_bytes_without_an_event_are_refused(filler: bytes) -> None:
    parser = EventParser()
    pieces = repeat(filler * 10_000, MAX_EVENT_BYTES // 10_000 + 1)

    with pytest.raises(BadResponse):
        deque(map(parser.feed, pieces), maxlen=0)


def test_endless_events_are_fine() -> None:
    parser, piece = EventParser(), b"data: x\n\n" * 10_000

    assert sum(len(parser.feed(piece)) for _ in range(20)) == 200_000


def test_a_large_event_is_fine() -> None:
    data = b"x" * (MAX_EVENT_BYTES - 100)

    assert EventParser().feed(b"data: " + data + b"\n\n") == [Event(b"", data)]


def test_a_line_that_drips_in_costs_linear_time() -> None:
    parser = EventParser()

    for _ in range(500_000):
        parser.feed(b"x")

    assert parser.feed(b"\ndata: one\n\n") == [Event(b"", b"one")]
