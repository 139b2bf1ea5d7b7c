"""A small WebSocket client (RFC 6455): shows every frame and close code, and sends bad frames at will.

`async with connect(url, cookie=…) as socket: await socket.send(text); await socket.receive()`
"""

import asyncio
import base64
import hashlib
import os
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
ACCEPT_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
NO_STATUS, ABNORMAL = 1005, 1006
WITHIN = 30.0  # seconds for anything that is waited for, unless told otherwise


class Refused(Exception):
    """The handshake was not accepted."""

    def __init__(self, status: int) -> None:
        super().__init__(f"refused with {status}")
        self.status = status


class Closed(Exception):
    """The server closed the socket."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"closed with {code} {reason}")
        self.code = code


class Socket:
    """`head` is how the server agreed to it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str = "") -> None:
        self._reader, self._writer = reader, writer
        self.head = head

    async def send(self, message: str | bytes) -> None:
        if isinstance(message, str):
            await self.send_frame(TEXT, message.encode())
        else:
            await self.send_frame(BINARY, message)

    async def send_frame(self, opcode: int, payload: bytes = b"", *, final: bool = True) -> None:
        """One masked frame, be it allowed or not."""
        key = os.urandom(4)
        head = bytes([final << 7 | opcode]) + _masked_length(len(payload)) + key
        await self.send_raw(head + _masked(payload, key))

    async def send_raw(self, data: bytes) -> None:
        self._writer.write(data)
        try:
            await self._writer.drain()
        except ConnectionError:
            while True:  # what the server said before it went may be here already
                await self._read_message()

    async def receive(self, *, within: float = WITHIN) -> str | bytes:
        """The next message; pings are answered on the way. Raises Closed, or TimeoutError."""
        async with asyncio.timeout(within):
            opcode, message = await self._read_message()
        return message.decode() if opcode == TEXT else message

    async def receive_until(self, wanted: Callable[[str], object], *, within: float = WITHIN) -> str:
        """The first text of which `wanted` holds; the others are passed over."""
        async with asyncio.timeout(within):
            while True:
                message = await self.receive(within=within)
                if isinstance(message, str) and wanted(message):
                    return message

    async def close(self) -> None:
        """Say goodbye and wait until the server has gone."""
        try:
            async with asyncio.timeout(WITHIN):
                await self.send_frame(CLOSE, struct.pack(">H", 1000))
                while True:
                    await self._read_message()
        except (Closed, OSError, TimeoutError):
            await _hang_up(self._writer)

    async def _read_message(self) -> tuple[int, bytes]:
        kind, parts = 0, []
        while True:
            final, opcode, payload = await self._read_frame()
            if opcode == CLOSE:
                code = struct.unpack(">H", payload[:2])[0] if payload else NO_STATUS
                raise Closed(code, payload[2:].decode("utf-8", "replace"))
            if opcode == PING:
                await self.send_frame(PONG, payload)
            elif opcode != PONG:
                kind = opcode or kind
                parts.append(payload)
                if final:
                    return kind, b"".join(parts)

    async def _read_frame(self) -> tuple[bool, int, bytes]:
        try:
            first, length = await self._reader.readexactly(2)
            if length == 126:
                (length,) = struct.unpack(">H", await self._reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", await self._reader.readexactly(8))
            return bool(first & 0x80), first & 0x0F, await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Closed(ABNORMAL) from None


@asynccontextmanager
async def connect(
    url: str,
    *,
    cookie: str = "",
    origin: str | None = None,
    headers: Mapping[str, str] | None = None,
    within: float = WITHIN,
) -> AsyncIterator[Socket]:
    """A socket to `url`, which may say ws or http; its own origin unless another is named. Raises Refused."""
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    ours = {"Cookie": cookie, "Origin": f"http://{parts.netloc}" if origin is None else origin}
    async with asyncio.timeout(within):
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1 << 24)
        try:
            said = {"Host": parts.netloc, **ours, **(headers or {})}
            head = await _shake_hands(reader, writer, path, said)
        except BaseException:
            await _hang_up(writer)
            raise
    socket = Socket(reader, writer, head)
    try:
        yield socket
    finally:
        await socket.close()


async def _shake_hands(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, headers: dict[str, str]
) -> str:
    key = base64.b64encode(os.urandom(16))
    lines = [
        f"GET {path} HTTP/1.1",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key.decode()}",
        *(f"{name}: {value}" for name, value in headers.items() if value),
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        raise Refused(0) from None
    status = int(head.split(" ", 2)[1])
    if status != 101:
        raise Refused(status)
    accept = base64.b64encode(hashlib.sha1(key + ACCEPT_SUFFIX).digest()).decode()
    assert f"sec-websocket-accept: {accept}".lower() in head.lower()
    return head


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def _masked_length(length: int) -> bytes:
    if length < 126:
        return bytes([0x80 | length])
    if length < 1 << 16:
        return bytes([0x80 | 126]) + struct.pack(">H", length)
    return bytes([0x80 | 127]) + struct.pack(">Q", length)


def _masked(payload: bytes, key: bytes) -> bytes:
    size = len(payload)
    mask = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(mask)).to_bytes(size)
