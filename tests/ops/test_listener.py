import asyncio
from unittest.mock import Mock

import pytest

from apps.ops import listener
from apps.ops.listener import MOST_WAITING, Socket


@pytest.fixture
def clock(monkeypatch):
    """What was put off; nothing runs by itself."""
    clock = Mock()
    monkeypatch.setattr(listener, "loop", clock)
    return clock


@pytest.fixture
def socket(clock):
    socket = Socket()
    socket.client_addr, socket.transport, socket.application_queue = None, Mock(), asyncio.Queue()
    return socket


def test_it_reads_on_while_its_consumer_keeps_up(socket):
    for _ in range(MOST_WAITING):
        socket.onMessage(b"{}", isBinary=False)

    socket.transport.pauseProducing.assert_not_called()


def test_it_reads_no_more_while_too_much_waits_and_then_goes_on(socket, clock):
    for _ in range(MOST_WAITING + 3):
        socket.onMessage(b"{}", isBinary=False)
    look_again = clock.call_later.call_args.args[1]

    look_again()
    socket.transport.resumeProducing.assert_not_called()
    for _ in range(3):
        socket.application_queue.get_nowait()
    look_again()

    socket.transport.pauseProducing.assert_called_once()
    socket.transport.resumeProducing.assert_called_once()
