"""Somebody else, in a process of their own: asks over a socket again and again, tells how long it took.

What counts is the time that the server was at work meanwhile: others may keep its machine from it.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from tests.support.websocket import connect

EVERY = 0.01  # seconds between two questions: nobody may ask much more
FEWEST = 50  # questions that say enough
QUESTION = json.dumps({"command": "no such command", "key": "bystander-key"})


async def main(url: str, cookie: str, server: str) -> None:
    """Ask until standard input ends; print the seconds that each answer took process `server`, as JSON."""
    took: list[float] = []
    dismissed = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    async with connect(url, cookie=cookie) as socket:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while not dismissed.done() or len(took) < FEWEST:
            asked, worked = time.perf_counter(), cpu_seconds(server)
            await socket.send(QUESTION)
            await socket.receive_until(lambda frame: "bystander-key" in frame)
            took.append(min(time.perf_counter() - asked, cpu_seconds(server) - worked))
            await asyncio.sleep(EVERY)
    sys.stdout.write(json.dumps(took))


def cpu_seconds(pid: str) -> float:
    """The CPU time of a process and its threads, to a hundredth of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
