"""Somebody else, in a process of their own: asks over a socket again and again, tells how long it took."""

import asyncio
import json
import sys
import time

from tests.support.websocket import connect

EVERY = 0.005  # seconds between two questions
FEWEST = 50  # questions that say enough
QUESTION = json.dumps({"command": "no such command", "key": "bystander-key"})


async def main(url: str, cookie: str) -> None:
    """Ask until standard input ends; print the seconds that each answer took, as JSON."""
    took: list[float] = []
    dismissed = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    async with connect(url, cookie=cookie) as socket:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while not dismissed.done() or len(took) < FEWEST:
            asked = time.perf_counter()
            await socket.send(QUESTION)
            await socket.receive_until(lambda frame: "bystander-key" in frame)
            took.append(time.perf_counter() - asked)
            await asyncio.sleep(EVERY)
    sys.stdout.write(json.dumps(took))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
