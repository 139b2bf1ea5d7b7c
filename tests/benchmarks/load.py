"""Many readers at once: opens sockets, asks once on each, and notes when every stamped token arrives."""

import asyncio
import json
import re
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.meters import cpu_seconds, megabytes
from tests.benchmarks.model_server import TOKENS, stamp
from tests.support.websocket import Closed, Refused, Socket, connect

STAMP = re.compile(r"(?<![\w-])\d{10}(?![\w-])")
SETTLED_AFTER = 1.0  # seconds behind the last socket that opens
WITHIN = 120.0  # seconds for a whole reply


@dataclass
class Reading:
    """What one reader saw; times in microseconds."""

    first: int = 0
    added: list[int] = field(default_factory=list)
    size: int = 0
    frames: int = 0
    tokens: int = 0
    doubled: int = 0
    error: str = ""


@dataclass(frozen=True)
class Plan:
    """`pid` serves; `helpers` work for it, `databases` store for it."""

    url: str
    cookies: list[str]  # one a reader
    pid: int
    helpers: list[int]
    databases: list[int]
    is_product: bool

    @property
    def ending(self) -> str:
        """What only the last frame of a reply holds."""
        return "message-assistant is-complete" if self.is_product else "is-complete"

    def cpu(self) -> list[float]:
        return [cpu_seconds(pids) for pids in ([self.pid], self.helpers, self.databases)]


@dataclass
class Bill:
    """What the load cost: seconds of each kind of process, megabytes of the one that serves."""

    idle: float
    connected: float = 0.0
    ended: float = 0.0
    before: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


async def read(plan: Plan, cookie: str, opened: asyncio.Event, go: asyncio.Event) -> Reading:
    reading = Reading()
    try:
        async with connect(plan.url, cookie=cookie, within=60) as socket:
            opened.set()
            await go.wait()
            asked = stamp()
            await socket.send(question() if plan.is_product else "go")
            final = await follow(socket, reading, asked, plan.ending)
            count(reading, STAMP.findall(final) if plan.is_product else None)
    except (Closed, Refused, TimeoutError, OSError) as error:
        reading.error = type(error).__name__
    finally:
        opened.set()  # or never will
    return reading


def count(reading: Reading, whole: list[str] | None) -> None:
    """Tokens by the finished reply, where the system draws one; else by what arrived."""
    if whole is None:
        reading.tokens = len(reading.added)
    else:
        reading.tokens, reading.doubled = len(set(whole)), len(whole) - len(set(whole))


async def follow(socket: Socket, reading: Reading, asked: int, ending: str) -> str:
    """Note the tokens that each frame brings; the last frame."""
    last = 0
    while True:
        frame = str(await socket.receive(within=WITHIN))
        now = stamp()
        reading.size += len(frame)
        reading.frames += 1
        if ending in frame:
            return frame
        for sent in (sent for sent in map(int, STAMP.findall(frame)) if sent > last):
            reading.first = reading.first or now - asked
            reading.added.append(now - sent)
            last = sent


def question() -> str:
    values = {"command": "send", "conversation": str(uuid.uuid4()), "key": str(uuid.uuid4()), "text": "go"}
    return json.dumps(values)


async def main(plan: Plan) -> tuple[list[Reading], Bill]:
    bill = Bill(idle=megabytes(plan.pid))
    go, opened = asyncio.Event(), [asyncio.Event() for _ in plan.cookies]
    readers = [
        asyncio.create_task(read(plan, cookie, own, go))
        for cookie, own in zip(plan.cookies, opened, strict=True)
    ]
    await asyncio.gather(*(own.wait() for own in opened))
    await asyncio.sleep(SETTLED_AFTER)
    bill.connected, bill.before = megabytes(plan.pid), plan.cpu()
    go.set()
    readings = await asyncio.gather(*readers)
    bill.cpu = [after - before for after, before in zip(plan.cpu(), bill.before, strict=True)]
    bill.ended = megabytes(plan.pid)
    return readings, bill


def summary(readings: list[Reading], bill: Bill) -> dict[str, object]:
    done = [r for r in readings if not r.error]
    first = sorted(r.first for r in done)
    added = sorted(value for r in done for value in r.added)
    tokens = sum(r.tokens for r in done) if done else 0
    return {
        "ok": len(done),
        "errors": len(readings) - len(done),
        "short": sum(r.tokens != TOKENS for r in done),
        "doubled": sum(r.doubled for r in done),
        "first": [percentile(first, p) for p in (50, 95, 99)],
        "added": [percentile(added, p) for p in (50, 95, 99)],
        "bytes": sum(r.size for r in done) / max(tokens, 1),
        "frames": sum(r.frames for r in done) / max(tokens, 1),
        "tokens": tokens,
        "cpu": bill.cpu,
        "idle_mb": bill.idle,
        "socket_kb": (bill.connected - bill.idle) * 1024 / len(readings),
        "stream_kb": (bill.ended - bill.connected) * 1024 / len(readings),
    }


def percentile(values: list[int], share: int) -> float:
    """In milliseconds; not a number if there is nothing."""
    return values[min(len(values) - 1, len(values) * share // 100)] / 1000 if values else float("nan")


if __name__ == "__main__":
    plan = Plan(**json.loads(Path(sys.argv[1]).read_text()))
    json.dump(summary(*asyncio.run(main(plan))), sys.stdout)
