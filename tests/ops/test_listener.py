import asyncio
from unittest.mock import Mock

import pytest
from daphne.http_protocol import WebRequest
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.abstract import FileDescriptor
from twisted.web.http_headers import Headers

from apps.ops import listener
from apps.ops.listener import MOST_UNSENT, MOST_WAITING, BoundedRequest, Socket

PART = MOST_UNSENT // 8


@pytest.fixture
def clock(monkeypatch):
    """What was put off; nothing runs by itself."""
    clock = Mock()
    monkeypatch.setattr(listener, "loop", clock)
    return clock


@pytest.fixture
def socket(clock):
    socket = Socket()
    socket.state = Socket.STATE_OPEN
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


def test_it_does_not_wait_for_the_consumer_of_a_connection_that_is_closed(socket, clock):
    for _ in range(MOST_WAITING + 1):
        socket.onMessage(b"{}", isBinary=False)
    look_again = clock.call_later.call_args.args[1]
    clock.reset_mock()

    socket.state = Socket.STATE_CLOSED
    look_again()

    clock.call_later.assert_not_called()


@pytest.fixture
def wire(socket, monkeypatch):
    """A connection on which nothing moves until somebody writes."""
    monkeypatch.setattr(
        WebSocketProtocol, "sendMessage", lambda self, payload, _: self.transport.write(payload)
    )
    wire = FileDescriptor(reactor=Mock())
    wire.connected, wire.abortConnection, socket.transport = True, Mock(), wire
    return wire


def test_it_drops_a_page_that_takes_nothing_in(socket, wire):
    for _ in range(9):
        socket.serverSend("x" * PART)
    wire.abortConnection.assert_not_called()
    socket.serverSend("x")

    wire.abortConnection.assert_called_once()


def test_it_keeps_a_page_that_is_slow_but_takes_what_it_is_sent(socket, wire):
    wire.writeSomeData = lambda data: min(len(data), PART)
    for _ in range(20):
        socket.serverSend("x" * PART)
        wire.doWrite()

    wire.abortConnection.assert_not_called()


@pytest.fixture
def answering(monkeypatch):
    """A request whose answer has begun, on a connection on which nothing moves; it notes what is written."""
    written = []
    monkeypatch.setattr(WebRequest, "handle_reply", lambda self, message: written.append(message))
    request = BoundedRequest.__new__(BoundedRequest)
    wire = FileDescriptor(reactor=Mock())
    wire.connected, wire.abortConnection = True, Mock()
    wire.write(b"x" * (MOST_UNSENT + 1))
    request.finished, request.channel = False, Mock(transport=wire)
    request.responseHeaders, request.written = Headers(), written
    return request


def test_it_drops_a_program_that_takes_in_nothing_of_a_stream(answering):
    answering.responseHeaders.addRawHeader(b"content-type", b"text/event-stream")
    answering.handle_reply({"type": "http.response.body", "body": b"x", "more_body": True})

    answering.channel.transport.abortConnection.assert_called_once()
    assert not answering.written


def test_a_large_file_may_take_its_time(answering):
    answering.responseHeaders.addRawHeader(b"content-type", b"font/woff2")
    answering.handle_reply({"type": "http.response.body", "body": b"x", "more_body": True})

    answering.channel.transport.abortConnection.assert_not_called()
    assert len(answering.written) == 1


def test_applications_hear_how_much_their_client_has_not_taken_in(answering):
    assert answering.unsent() == MOST_UNSENT + 1
    answering.finished = True
    assert answering.unsent() == 0
