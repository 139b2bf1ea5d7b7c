"""A chat in the terminal: a program of its own that speaks to /ws/v1/ and needs none of the server's code.

    pip install aiohttp
    COLLOQUY_TOKEN=colloquy_… python terminal_chat.py https://chat.example.org [CONVERSATION]

Without a conversation it begins one. Every line is a message. When the connection is cut it comes back by
itself: what it has not seen comes from where it was, and what it could not send goes out once.
"""

import asyncio
import contextlib
import json
import os
import sys
import threading
import uuid
from collections.abc import Callable
from typing import Any

import aiohttp

SOONEST, LATEST = 0.25, 10.0  # seconds before a connection that was cut is tried again
OPTIONS: dict[str, Any] = {
    "heartbeat": 20.0,  # seconds; a server that does not answer within half of that is gone
    "max_msg_size": 0,  # a conversation can be long
}
RUNNING = {"queued", "streaming"}
PASSING = {"too_many", "unavailable", "internal"}  # codes of what may be granted a moment later
SUBSCRIPTION = "subscription"  # what we call the one there is
SIGNED_OUT = 4001  # with which the server closes to whoever may not enter, or may no more


class ShutOut(Exception):
    """The server does not let us in, and would not a moment later."""


class Transcript:
    """What is known of the conversation, and written as it becomes known."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self.position = ""  # of the last event: the server goes on there
        self.waiting: list[dict[str, Any]] = []
        self._write = write
        self._messages: dict[str, dict[str, Any]] = {}
        self._texts: dict[str, str] = {}
        self._written: dict[str, int] = {}  # code points of each message
        self._open: set[str] = set()  # messages whose end has not been written
        self._promised: set[str] = set()  # messages that are stored, and not told yet
        self._has_waited: set[str] = set()  # what was told to wait, if only for a moment

    @property
    def is_idle(self) -> bool:
        """Whether nothing more comes by itself."""
        return bool(self.position) and not (self._open or self._promised or self.waiting)

    def promise(self, accepted: dict[str, Any]) -> None:
        """Something was stored; what it changed comes as events, or has come already."""
        self._promised |= {accepted["reply_id"]} - {None, *self._messages}
        if accepted["queued"] and accepted["queued"]["id"] not in self._has_waited:
            self.waiting = [*self.waiting, accepted["queued"]]

    def apply(self, action: str, payload: dict[str, Any]) -> None:
        """Take in an event. Each can be told twice without harm: it replaces, or it says from where on."""
        match action:
            case "snapshot":
                self.waiting = []
                self._open.intersection_update(message["id"] for message in payload["messages"])
                for message in payload["messages"]:
                    self._take(message, message["text"])
            case "message":
                self._take(payload["message"], payload["message"]["text"])
            case "streaming_start" | "complete_streaming":
                message = payload["message"]
                self._take(message, self._texts.get(message["id"], ""))
            case "streaming":
                message = self._messages[payload["message_id"]]
                text = self._texts[message["id"]][: payload["start"]] + payload["text"]
                self._take({**message, "length": max(message["length"], len(text))}, text)
            case "queue":
                self.waiting = payload["waiting"]
                self._has_waited |= {queued["id"] for queued in self.waiting}
        self.position = payload["position"]

    def _take(self, message: dict[str, Any], text: str) -> None:
        pk, is_running = message["id"], message["status"] in RUNNING
        if pk not in self._messages and message["role"] == "user":
            self._write("> ")
        if pk not in self._messages or is_running:
            self._open.add(pk)
        self._messages[pk], self._texts[pk] = message, text
        self._promised.discard(pk)
        self._write(text[self._written.get(pk, 0) :])
        self._written[pk] = max(len(text), self._written.get(pk, 0))
        if pk in self._open and not is_running and len(text) == message["length"]:
            self._open.discard(pk)
            self._write(ending(message))


def ending(message: dict[str, Any]) -> str:
    """What is written behind the text of a message."""
    why = ": ".join(filter(None, (message["status"], message["error"])))
    return "\n\n" if message["status"] == "complete" else f"\n[{why}]\n\n"


class Chat:
    """One conversation over a socket that is opened again whenever it closes."""

    def __init__(self, session: aiohttp.ClientSession, conversation_id: str) -> None:
        self.transcript = Transcript(write)
        self._session = session
        self._conversation_id = conversation_id
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._unsent: dict[str, str] = {}  # texts, by the key under which each is stored once
        self._has_all_lines = False
        self._attempts = 0  # to connect, since something was heard

    async def run(self) -> None:
        """Until there is nothing more to send and nothing more to come; raises ShutOut."""
        while not self._is_over:
            try:
                async with self._session.ws_connect("/ws/v1/", **OPTIONS) as self._socket:
                    await self._converse(self._socket)
            except (aiohttp.ClientError, ConnectionError, TimeoutError):
                self._attempts += 1
            finally:
                self._socket = None
            if not self._is_over:
                await asyncio.sleep(min(SOONEST * 2 ** min(self._attempts, 8), LATEST))

    async def send(self, text: str) -> None:
        """Now, or as soon as there is a connection."""
        key = uuid.uuid4().hex
        self._unsent[key] = text
        await self._transmit(key)

    async def finish(self) -> None:
        """There are no more lines; what was sent is still waited for."""
        self._has_all_lines = True
        if self._is_over and self._socket:
            await self._socket.close()

    @property
    def _is_over(self) -> bool:
        return self._has_all_lines and not self._unsent and self.transcript.is_idle

    async def _converse(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        place = {"conversation_id": self._conversation_id, "key": SUBSCRIPTION}
        if self.transcript.position:
            place["position"] = self.transcript.position
        await say(socket, "subscribe", place)
        for key in list(self._unsent):
            await self._transmit(key)
        async for frame in socket:
            if frame.type is aiohttp.WSMsgType.TEXT:
                self._hear(**json.loads(frame.data))
            if self._is_over:
                return
        if socket.close_code == SIGNED_OUT:
            raise ShutOut("The server lets this token in no more.")
        self._attempts += 1

    async def _transmit(self, key: str) -> None:
        if self._socket is not None:
            wish = {"conversation_id": self._conversation_id, "key": key, "text": self._unsent[key]}
            with contextlib.suppress(ConnectionError):  # then it goes out by the next connection
                await say(self._socket, "send", wish)

    def _hear(self, action: str, payload: dict[str, Any]) -> None:
        match action:
            case "accepted":
                self._unsent.pop(payload["key"], None)
                self.transcript.promise(payload)
            case "error" if payload["code"] in PASSING:
                raise ConnectionError(payload["detail"])  # said again by the next connection
            case "error" if payload["key"] == SUBSCRIPTION:
                raise ShutOut(payload["detail"])
            case "error":
                self._unsent.pop(payload["key"], None)
                complain(payload["detail"])
            case "conversation_deleted":
                raise ShutOut("The conversation was deleted.")
            case "subscribed" | "pong":
                pass
            case _:
                self._attempts = 0
                self.transcript.apply(action, payload)


async def say(socket: aiohttp.ClientWebSocketResponse, action: str, payload: dict[str, Any]) -> None:
    await socket.send_json({"action": action, "payload": payload})


async def begun(session: aiohttp.ClientSession) -> str:
    """A conversation of our own."""
    async with session.post("/api/v1/conversations", json={}) as response:
        response.raise_for_status()
        return str((await response.json())["id"])


def lines(loop: asyncio.AbstractEventLoop) -> "asyncio.Queue[str | None]":
    """What is typed, then None. In a thread that nobody waits for: reading cannot be called off."""
    typed: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(typed.put_nowait, line.strip())
        loop.call_soon_threadsafe(typed.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    return typed


async def pass_on(typed: "asyncio.Queue[str | None]", chat: Chat) -> None:
    while (line := await typed.get()) is not None:
        if line:
            await chat.send(line)
    await chat.finish()


async def main(address: str, conversation_id: str = "") -> None:
    headers = {"Authorization": f"Bearer {os.environ['COLLOQUY_TOKEN']}"}
    async with aiohttp.ClientSession(address, headers=headers) as session:
        conversation_id = conversation_id or await begun(session)
        complain(f"To come back: {sys.argv[0]} {address} {conversation_id}")
        chat = Chat(session, conversation_id)
        passing = asyncio.create_task(pass_on(lines(asyncio.get_running_loop()), chat))
        try:
            await chat.run()
        finally:
            passing.cancel()


def write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    try:
        asyncio.run(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(0)  # what is being written goes on being written
    except (ShutOut, aiohttp.ClientError) as error:
        sys.exit(str(error))
