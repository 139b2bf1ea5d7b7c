"""A WebSocket client (RFC 6455) as small as the drill needs it, with good and bad ways to leave."""

import asyncio
import base64
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from urllib.parse import urlsplit

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
NORMAL, ABNORMAL = 1000, 1006  # close codes
WITHIN = 10.0  # seconds for the handshake
MOST_BYTES = 1 << 24  # of a frame


class Lost(Exception):
    """There is no connection, or no longer; `code` is the close code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class Socket:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, text: str) -> None:
        await self._send(TEXT, text.encode())

    async def receive(self) -> str:
        """The next message; raises Lost."""
        message = b""
        while True:
            final, opcode, payload = await self._frame()
            if opcode == CLOSE:
                raise Lost(struct.unpack(">H", payload[:2])[0] if payload else NORMAL)
            if opcode == PING:
                await self._send(PONG, payload)
            elif opcode != PONG:
                message += payload
                if final:
                    return message.decode()

    def abort(self) -> None:
        """Go without a word, as when the network does."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Go with a close frame, as when the page does."""
        await self._send(CLOSE, struct.pack(">H", NORMAL))
        self._writer.close()

    async def _send(self, opcode: int, payload: bytes) -> None:
        key, size = os.urandom(4), len(payload)
        head = bytes([0x80 | opcode, 0x80 | min(size, 127 if size >> 16 else 126)])
        length = b"" if size < 126 else struct.pack(">Q" if size >> 16 else ">H", size)
        mask = (key * (size // 4 + 1))[:size]
        masked = (int.from_bytes(payload) ^ int.from_bytes(mask)).to_bytes(size)
        with suppress(ConnectionError):  # whoever receives hears of it
            self._writer.write(head + length + key + masked)
            await self._writer.drain()

    async def _frame(self) -> tuple[bool, int, bytes]:
        try:
            first, size = await self._reader.readexactly(2)
            if size == 126:
                (size,) = struct.unpack(">H", await self._reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", await self._reader.readexactly(8))
            return bool(first & 0x80), first & 0x0F, await self._reader.readexactly(size)
        except (asyncio.IncompleteReadError, OSError):
            raise Lost(ABNORMAL) from None


@asynccontextmanager
async def connect(url: str, *, cookie: str) -> AsyncIterator[Socket]:
    """A socket to an http address, as a page of that origin opens it; raises Lost."""
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(WITHIN):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=MOST_BYTES)
    except OSError:  # a TimeoutError is one
        raise Lost(ABNORMAL) from None
    try:
        async with asyncio.timeout(WITHIN):
            await _shake_hands(reader, writer, f"{parts.path}?{parts.query}", parts.netloc, cookie)
        yield Socket(reader, writer)
    except (asyncio.IncompleteReadError, OSError):
        raise Lost(ABNORMAL) from None
    finally:
        writer.close()


async def _shake_hands(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, host: str, cookie: str
) -> None:
    key = base64.b64encode(os.urandom(16)).decode()
    headers = {"Host": host, "Origin": f"http://{host}", "Cookie": cookie}
    headers |= {"Connection": "Upgrade", "Upgrade": "websocket"}
    headers |= {"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key}
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if int(head.split(b" ", 2)[1]) != HTTPStatus.SWITCHING_PROTOCOLS:
        raise Lost(ABNORMAL)
