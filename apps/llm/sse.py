"""Server-sent events out of bytes, however those are cut, within bounds."""

from typing import NamedTuple

from apps.llm.errors import BadResponse

MAX_EVENT_BYTES = 1 << 20  # a line, an event or a run of comments; real events are below 1 kB
DATA = b"data: "  # how nearly every event of nearly every server begins
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Event(NamedTuple):
    name: bytes
    data: bytes


class EventParser:
    """Holds at most `limit` bytes; whoever sends more between two events is refused."""

    def __init__(self, *, limit: int = MAX_EVENT_BYTES) -> None:
        self._limit = limit
        self._line = bytearray()
        self._after_return = False
        self._name = b""
        self._data: list[bytes] = []
        self._bytes_since_event = 0

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that `chunk` completes."""
        if self._is_between_events and chunk.startswith(DATA) and chunk.endswith(b"\n\n"):
            lines = chunk[len(DATA) : -2].split(b"\n\n" + DATA)
            if not any(b"\n" in line or b"\r" in line for line in lines) and len(chunk) <= self._limit:
                return [Event(b"", line) for line in lines]
        return self._feed(chunk)

    @property
    def _is_between_events(self) -> bool:
        return not (self._line or self._data or self._name or self._after_return or self._bytes_since_event)

    def _feed(self, chunk: bytes) -> list[Event]:
        events: list[Event] = []
        for line in self._lines(chunk):
            self._bytes_since_event += len(line) + 1
            self._check_size()
            if line:
                self._read_field(line)
            elif self._data:
                events.append(self._dispatch())
            else:
                self._name = b""
        self._check_size()
        return events

    def end(self) -> list[Event]:
        """The event whose lines are whole but whose closing empty line never came."""
        return [self._dispatch()] if self._data else []

    def _lines(self, chunk: bytes) -> list[bytes]:
        if self._after_return and chunk.startswith(b"\n"):
            chunk = chunk[1:]  # the second half of a CR LF
        self._after_return = chunk.endswith(b"\r")
        if b"\n" not in chunk and b"\r" not in chunk:
            self._line += chunk  # appending keeps a line that drips in byte by byte linear
            return []
        lines = (bytes(self._line) + chunk).splitlines()
        unfinished = b"" if chunk.endswith((b"\n", b"\r")) else lines.pop()
        self._line = bytearray(unfinished)
        return lines

    def _read_field(self, line: bytes) -> None:
        name, _, value = line.removeprefix(BYTE_ORDER_MARK).partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
        elif name == b"event":
            self._name = value.removeprefix(b" ")

    def _dispatch(self) -> Event:
        event = Event(self._name, b"\n".join(self._data))
        self._name, self._data, self._bytes_since_event = b"", [], 0
        return event

    def _check_size(self) -> None:
        if self._bytes_since_event + len(self._line) > self._limit:
            raise BadResponse
