"""The page's socket: a cursor over what is stored. It reads and relays, and never waits for a model."""

import asyncio
import contextvars
import json
import logging
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error as DatabaseError
from django.urls import reverse

from apps.accounts.events import AccessEnded, user_topic
from apps.accounts.sessions import session_hash
from apps.bridge import in_database
from apps.chat.actions import Sent
from apps.chat.text import clean
from apps.events import Event, mailbox
from apps.live.hub import hub
from apps.web import fragments, wording
from apps.web.access import may_watch, still_signed_in
from apps.web.commands import Rejected, perform
from apps.web.liveview import LiveView

logger = logging.getLogger(__name__)

# Close codes; the page reconnects by itself except where its person or its request is not welcome.
SIGNED_OUT, BAD_REQUEST, NOT_FOUND, RESTART = 4001, 4400, 4404, 4012
CHECK_EVERY = 30.0  # seconds of silence after which the session is looked at again


class ChatConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels ships no types
    """One per open page: the list of conversations, and the conversation it shows, if any."""

    channel_layer_alias = "none"  # the process has one mailbox; a consumer needs none of its own

    _view: LiveView | None = None
    _pump: asyncio.Task[None] | None = None

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
            if user.is_authenticated:
                await self._join(user.pk, *_position(self.scope["query_string"]))
            else:
                await self.close(SIGNED_OUT)
        except ValueError:
            await self.close(BAD_REQUEST)
        except DatabaseError as error:
            logger.warning("A page could not be joined; it reconnects: %s", type(error).__name__)
            await self.close(RESTART)

    async def _join(self, user_id: int, conversation_id: UUID | None, rev: int, account_rev: int) -> None:
        if conversation_id and not await in_database(may_watch)(user_id, conversation_id):
            await self.close(NOT_FOUND)
            return
        self._view = LiveView(user_id, account_rev, hub)
        await mailbox.join(user_topic(user_id), self._hear)
        await self._view.join()
        if conversation_id:
            await self._view.show(conversation_id, rev)
        self._pump = asyncio.create_task(self._run(self._view), context=contextvars.Context())

    async def disconnect(self, code: int) -> None:
        if self._pump:
            self._pump.cancel()
        if self._view:
            await mailbox.leave(user_topic(self.scope["user"].pk), self._hear)
            await self._view.leave()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take one command; whatever is wrong with it, the socket stays open and says so."""
        values = _values(text_data)
        key = values.get("key")
        key = clean(key) if isinstance(key, str) else ""
        try:
            done = await in_database(perform)(self.scope["user"], values.get("command"), values)
        except Rejected as rejected_command:
            await self._reject(key, rejected_command.code)
        except DatabaseError as error:
            logger.warning("A command could not be stored: %s", type(error).__name__)
            await self._reject(key, "unavailable")
        else:
            if isinstance(done, Sent):
                await self._accept(key, done)

    async def _accept(self, key: str, sent: Sent) -> None:
        conversation_id = sent.question.conversation_id
        await self.send(text_data=fragments.accepted(key, reverse("conversation", args=[conversation_id])))
        try:
            if self._view:
                await self._view.show(conversation_id, rev=0)
        except DatabaseError as error:
            logger.warning("A page could not be shown its conversation: %s", type(error).__name__)
            await self.close(RESTART)

    async def _reject(self, key: str, code: str) -> None:
        await self.send(text_data=fragments.rejected(key, wording.rejection(code)))

    async def _run(self, view: LiveView) -> None:
        """The pump: send everything beyond the page's position as one frame, then wait."""
        try:
            while not hub.draining:
                if frame := await view.frame():
                    await self.send(text_data=frame)
                if not await _woken(view.wake) and not await self._still_signed_in():
                    await self.close(SIGNED_OUT)
                    return
        except Exception:
            logger.exception("A page could not be brought up to date; it reconnects")
        await self.close(RESTART)

    async def _still_signed_in(self) -> bool:
        session, user = self.scope["session"], self.scope["user"]
        return await in_database(still_signed_in)(session.session_key, user.pk)

    def _hear(self, event: Event) -> None:
        if not isinstance(event, AccessEnded):
            return
        if event.session_hash in ("", session_hash(self.scope["session"].session_key)):
            self._closing = asyncio.ensure_future(self.close(SIGNED_OUT))


async def _woken(wake: asyncio.Event) -> bool:
    """Wait until there may be something to send; False if there was nothing for a while."""
    try:
        async with asyncio.timeout(CHECK_EVERY):
            await wake.wait()
    except TimeoutError:
        return False
    wake.clear()
    return True


def _position(query: bytes) -> tuple[UUID | None, int, int]:
    """The conversation, its rev and the account's, as the page had them; raises ValueError."""
    values = {
        name: found[-1] for name, found in parse_qs(query.decode("ascii"), strict_parsing=bool(query)).items()
    }
    conversation = values.get("conversation")
    revs = [int(values.get(name, "0")) for name in ("rev", "account_rev")]
    if not all(0 <= rev < 2**63 for rev in revs):
        raise ValueError
    return UUID(conversation) if conversation else None, revs[0], revs[1]


def _values(text_data: str | None) -> dict[str, Any]:
    """The command as sent; empty for anything but a JSON object."""
    try:
        values = json.loads(text_data or "")
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
