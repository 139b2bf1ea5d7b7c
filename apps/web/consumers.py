"""The page's socket: a cursor over what is stored. It reads and relays, and never waits for a model."""

import asyncio
import contextvars
import json
import logging
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID
from zoneinfo import ZoneInfo

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error as DatabaseError
from django.urls import reverse
from django.utils import timezone

from apps import trace
from apps.accounts.access import Access, by_session, still_granted
from apps.accounts.events import user_topic
from apps.accounts.models import preferences_of
from apps.bridge import in_database
from apps.chat.asking import Sent
from apps.chat.drafts import Saved
from apps.chat.queue import Queued
from apps.chat.text import clean
from apps.events import Event, Kicked, mailbox
from apps.live import limits
from apps.live.closing import BAD_REQUEST, NOT_FOUND, RESTART, SIGNED_OUT, TOO_MANY
from apps.live.hub import hub
from apps.web import fragments, wording
from apps.web.access import may_watch
from apps.web.commands import Rejected, is_quiet, perform
from apps.web.liveview import LiveView
from apps.web.personal import language_of_socket, speak, zone_of
from apps.web.pump import HERE, Pump

logger = logging.getLogger(__name__)

ANSWERED_WITHIN = 10.0  # seconds; a database that takes longer is away, whatever it may still do
LONGEST_KEY = 64  # code points that an answer repeats of what the page calls its command
MOST_AT_ONCE = 8  # commands of one socket under way; beyond that it is not read


@dataclass(frozen=True)
class Place:
    """What a page shows and how far it had come; whether it acknowledges what it is sent, and joins parts."""

    conversation_id: UUID | None
    rev: int
    account_rev: int
    draft_rev: int
    acknowledges: bool


class ChatConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels ships no types
    """One per open page: the list of conversations, and the conversation it shows, if any."""

    channel_layer_alias = "none"  # the process has one mailbox; a consumer needs none of its own

    def __init__(self) -> None:
        super().__init__()
        self._view: LiveView | None = None
        self._pump: Pump | None = None
        self._pumping: asyncio.Task[None] | None = None
        self._has_place = False
        self._language = ""
        self._zone: ZoneInfo | None = None
        self._performing: set[asyncio.Task[None]] = set()
        self._may_perform = asyncio.Semaphore(MOST_AT_ONCE)
        self._in_turn = asyncio.Lock()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Until the socket ends, however it ends: a server that is kept waiting gives up without a word."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Skip the hop through the thread-sensitive thread before every message: we hold no connection."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        await self.disconnect(message["code"])
        raise StopConsumer

    async def connect(self) -> None:
        """Authorise, join, then read what the page lacks; the pump sends it."""
        await self.accept()
        user = self.scope["user"]
        try:
            if user.is_authenticated and not self._take_place(user.pk):
                await self.close(TOO_MANY)
            elif user.is_authenticated:
                async with asyncio.timeout(ANSWERED_WITHIN):
                    await self._join(user.pk, _place(self.scope["query_string"]))
            else:
                await self.close(SIGNED_OUT)
        except ValueError:
            await self.close(BAD_REQUEST)
        except (DatabaseError, TimeoutError) as error:
            logger.warning("A page could not be joined; it reconnects: %s", type(error).__name__)
            await self.close(RESTART)

    def _take_place(self, user_id: int) -> bool:
        self._has_place = limits.pages.take(user_id)
        return self._has_place

    async def _join(self, user_id: int, place: Place) -> None:
        if place.conversation_id and not await in_database(may_watch)(user_id, place.conversation_id):
            await self.close(NOT_FOUND)
            return
        self._view = LiveView(user_id, place.account_rev, hub, draft_rev=place.draft_rev)
        await mailbox.join(user_topic(user_id), self._hear)
        await self._view.join()
        if place.conversation_id:
            await self._view.show(place.conversation_id, place.rev)
        preferences = await in_database(preferences_of)(self.scope["user"])
        self._language = language_of_socket(self.scope, preferences)
        self._zone = zone_of(preferences, self.scope.get("cookies", {}))
        self._pump = Pump(self._view, self._say, acknowledges=place.acknowledges)
        self._pumping = asyncio.create_task(self._run(self._pump), context=self._context())

    async def _run(self, pump: Pump) -> None:
        await self.close(await pump.run(self._is_signed_in))

    async def disconnect(self, code: int) -> None:
        """Say no more; what was asked for is done all the same."""
        if self._pumping:
            self._pumping.cancel()
        if self._performing:
            await asyncio.wait(self._performing)

    async def _leave(self) -> None:
        if self._has_place:
            limits.pages.give_back(self.scope["user"].pk)
        if self._pumping:
            self._pumping.cancel()
        view, self._view = self._view, None
        if view:
            await mailbox.leave(user_topic(self.scope["user"].pk), self._hear)
            await view.leave()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take one command; whatever is wrong with it, the socket stays open and says so."""
        if not limits.messages.spend(self.scope["user"].pk):
            await self.close(TOO_MANY)
            return
        values = _values(text_data)
        command = values.get("command")
        if command == "ack" and self._pump:
            self._pump.acknowledge(values.get("frames"))
        elif command == "ping":
            await self._answer(HERE)
        else:
            await self._may_perform.acquire()
            task = asyncio.create_task(self._perform(command, values), context=self._context())
            self._performing.add(task)
            task.add_done_callback(self._performed)

    def _performed(self, task: asyncio.Task[None]) -> None:
        self._performing.discard(task)
        self._may_perform.release()

    async def _perform(self, command: object, values: dict[str, Any]) -> None:
        key = values.get("key")
        key = clean(key[:LONGEST_KEY]) if isinstance(key, str) else ""
        try:
            with trace.following(trace.fresh()):
                async with asyncio.timeout(ANSWERED_WITHIN):
                    done = await self._grant(command, values)
        except Rejected as rejected_command:
            await self._reject(command, key, rejected_command.code)
        except (DatabaseError, TimeoutError) as error:
            logger.warning("A command could not be stored: %s", type(error).__name__)
            await self._reject(command, key, "unavailable")
        except Exception:
            logger.exception("A command failed")
            await self._reject(command, key, "invalid")
        else:
            if isinstance(done, Saved) and self._view:
                self._view.own_draft = done.draft_id
            if key and isinstance(done, Sent | Queued):
                await self._accept(key, done.conversation_id)

    async def _grant(self, command: object, values: dict[str, Any]) -> Any:
        """In the order in which they came, but for `stop`: it does not wait behind what hangs."""
        async with nullcontext() if command == "stop" else self._in_turn:
            return await in_database(perform)(self.scope["user"], command, values)

    async def _reject(self, command: object, key: str, code: str) -> None:
        if not is_quiet(command):
            await self._answer(fragments.rejected(key, wording.rejection(code)))

    async def _accept(self, key: str, conversation_id: UUID) -> None:
        await self._answer(fragments.accepted(key, reverse("conversation", args=[conversation_id])))
        try:
            if self._view:
                async with asyncio.timeout(ANSWERED_WITHIN):
                    await self._view.show(conversation_id, rev=0)
        except (DatabaseError, TimeoutError) as error:
            logger.warning("A page could not be shown its conversation: %s", type(error).__name__)
            await self.close(RESTART)

    async def _answer(self, frame: str) -> None:
        await (self._pump.answer(frame) if self._pump else self._say(frame))

    async def _say(self, frame: str) -> None:
        await self.send(text_data=frame)

    @property
    def _access(self) -> Access:
        return by_session(self.scope["user"], self.scope["session"].session_key)

    async def _is_signed_in(self) -> bool:
        async with asyncio.timeout(ANSWERED_WITHIN):
            return await in_database(still_granted)(self._access)

    def _context(self) -> contextvars.Context:
        """One in which everything is said in the language of this page, and times are told as there."""
        context = contextvars.Context()
        context.run(speak, self._language)
        if self._zone:
            context.run(timezone.activate, self._zone)
        return context

    def _hear(self, event: Event) -> None:
        if self._access.is_ended_by(event):
            self._closing = asyncio.ensure_future(self.close(SIGNED_OUT))
        elif isinstance(event, Kicked) and self._pump:
            self._pump.doubt()


def _place(query: bytes) -> Place:
    """Where the page says that it is; raises ValueError."""
    values = {
        name: found[-1] for name, found in parse_qs(query.decode("ascii"), strict_parsing=bool(query)).items()
    }
    conversation = values.get("conversation")
    revs = [int(values.get(name, "0")) for name in ("rev", "account_rev", "draft_rev")]
    if not all(0 <= rev < 2**63 for rev in revs):
        raise ValueError
    conversation_id = UUID(conversation) if conversation else None
    return Place(conversation_id, revs[0], revs[1], revs[2], acknowledges=values.get("credit") == "1")


def _values(text_data: str | None) -> dict[str, Any]:
    """The command as sent; empty for anything but a JSON object."""
    try:
        values = json.loads(text_data or "")
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
