"""A model server that stamps every token with the moment it is sent; its argument is the port."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator

TOKENS = 400
TOKENS_PER_SECOND = 50
TOKENS_PER_PARAGRAPH = 40
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
    b"Connection: keep-alive\r\n\r\n"
)


def stamp() -> int:
    """Microseconds of the machine's monotonic clock, in ten digits; the same in every process."""
    return time.monotonic_ns() // 1000 % 10_000_000_000


def event(text: str | None, finish: str | None = None) -> bytes:
    delta = {"content": text} if text else {}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "bench", "choices": [choice]}
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def content_length(head: bytes) -> int:
    lines = (line.partition(b":") for line in head.splitlines())
    return next((int(value) for name, _, value in lines if name.lower() == b"content-length"), 0)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = content_length(head)
            request = json.loads(await reader.readexactly(length) or b"{}")
            is_title = any("Write a title" in str(m["content"])[:40] for m in request["messages"])
            await answer(writer, titles() if is_title else tokens())
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def tokens() -> Iterator[str]:
    """Stamped words in paragraphs, each made when it is sent."""
    for number in range(TOKENS):
        separator = "\n\n" if number % TOKENS_PER_PARAGRAPH == TOKENS_PER_PARAGRAPH - 1 else " "
        yield f"{stamp():010}{separator}"


def titles() -> Iterator[str]:
    yield "A measured reply"


async def answer(writer: asyncio.StreamWriter, words: Iterator[str]) -> None:
    writer.write(HEAD)
    began = time.monotonic()
    for number, word in enumerate(words, start=1):
        writer.write(chunk(event(word)))
        await asyncio.sleep(max(0.0, began + number / TOKENS_PER_SECOND - time.monotonic()))
    writer.write(chunk(event(None, "stop") + b"data: [DONE]\n\n") + b"0\r\n\r\n")
    await writer.drain()


async def main(port: int) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
