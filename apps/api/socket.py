"""The typed socket: programs say what they want and follow what happens, in JSON.

chanx knows the handlers by their messages and documents them; frames, errors and logs are ours, so that
nothing that was said gets into a log and no message waits for a thread.
"""

import asyncio
import contextvars
import logging
from contextlib import nullcontext
from typing import Any, ClassVar
from uuid import UUID

from channels.exceptions import StopConsumer
from chanx.channels.websocket import AsyncJsonWebsocketConsumer
from chanx.core.decorators import channel, ws_handler
from chanx.messages.base import BaseMessage
from django.db import Error as DatabaseError

from apps import trace
from apps.accounts.access import Access
from apps.api import messages as said
from apps.api.errors import Code, Refused
from apps.api.events import EVENTS
from apps.api.feed import ConversationFeed, Feed, ListFeed
from apps.api.found import found_conversation
from apps.api.frames import key_in, message_in, object_in
from apps.api.handshake import access_by
from apps.api.position import Position
from apps.api.pump import Ending, Pump
from apps.api.schemas import QueuedMessage
from apps.api.throttling import Refusals, seconds_to_wait
from apps.api.wishes import grant
from apps.bridge import in_database
from apps.chat.asking import Sent
from apps.live import limits
from apps.live.closing import RESTART, SIGNED_OUT, TOO_MANY, TOO_SLOW
from apps.live.hub import hub

logger = logging.getLogger(__name__)

ANSWERED_WITHIN = 10.0  # seconds; a database that takes longer is away, whatever it may still do
MOST_AT_ONCE = 8  # messages of one socket under way; beyond that it is not read
MOST_FOLLOWED = 100  # conversations by one socket
CODES = {
    Ending.OVER: RESTART,
    Ending.RESTART: RESTART,
    Ending.NO_ACCESS: SIGNED_OUT,
    Ending.TOO_SLOW: TOO_SLOW,
}
LIST = None  # the key of its feed; others go by their conversation
ANSWERS = (said.AcceptedMessage, said.ErrorMessage)


@channel(name="programs", description="Everything a program says and is told.")
class ProgramConsumer(AsyncJsonWebsocketConsumer):
    """One per socket of a program."""

    channel_layer_alias = "none"  # the process has one mailbox; a consumer needs none of its own
    emits: ClassVar[list[type[BaseMessage]]] = list(EVENTS)
    kinds: ClassVar[dict[str, type[BaseMessage]]]

    def __init__(self) -> None:
        super().__init__()
        self._access: Access | None = None
        self._pump: Pump | None = None
        self._pumping: asyncio.Task[None] | None = None
        self._performing: set[asyncio.Task[None]] = set()
        self._may_perform = asyncio.Semaphore(MOST_AT_ONCE)
        self._in_turn = asyncio.Lock()
        self._refusals = Refusals()
        self._is_closing = False

    @classmethod
    def _build_adapters(cls) -> None:
        """What is said is validated by its kind; what we say is built by ours."""
        cls.kinds = {
            action: info["input_type"]
            for action, info in cls._MESSAGE_HANDLER_INFO_MAP.items()
            if info["input_type"]
        }

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Until the socket ends, however it ends: a server that is kept waiting gives up without a word."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Skip the hop through the thread-sensitive thread before every message: we hold no connection."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        """Accept, so that a browser hears why not, and see by what it was opened."""
        await self.accept()
        try:
            async with asyncio.timeout(ANSWERED_WITHIN):
                access = await in_database(access_by)(self.scope)
        except (DatabaseError, TimeoutError) as error:
            logger.warning("A program could not be let in; it comes back: %s", type(error).__name__)
            await self.end(RESTART)
            return
        if access is None:
            await self.end(SIGNED_OUT)
        elif not limits.programs.take(access.user.pk):
            await self.end(TOO_MANY)
        else:
            self._access = access
            self._pump = Pump(access, self._tell, self.scope.get("unsent", lambda: 0))
            self._pumping = asyncio.create_task(self._run(self._pump), context=contextvars.Context())

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        """Say no more; what was asked for is done all the same."""
        self._is_closing = True
        if self._pumping:
            self._pumping.cancel()
        if self._performing:
            await asyncio.wait(self._performing)
        raise StopConsumer

    async def _leave(self) -> None:
        self._is_closing = True
        if self._pumping:
            self._pumping.cancel()
        if self._pump and self._access:
            limits.programs.give_back(self._access.user.pk)
            await self._pump.leave()

    async def end(self, code: int) -> None:
        self._is_closing = True
        await self.close(code)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:
        """Take one message; whatever is wrong with it, the socket stays open and says so."""
        if self._is_closing or self._access is None:
            return
        if not limits.messages.spend(self._access.user.pk):
            await self._refuse(Refused(Code.TOO_MANY))
            return
        values: dict[str, Any] = {}
        try:
            values = object_in(text_data)
            message = message_in(values, self.kinds)
        except Refused as refused:
            await self._refuse(refused, key_in(values))
            return
        if isinstance(message, said.PingMessage):
            await self._answer(message)
            return
        await self._may_perform.acquire()
        task = asyncio.create_task(self._answer(message), context=contextvars.Context())
        self._performing.add(task)
        task.add_done_callback(self._performed)

    @ws_handler(output_type=[said.PongMessage, said.ErrorMessage], summary="Ask whether we are there")
    async def handle_ping(self, message: said.PingMessage) -> BaseMessage:
        return said.PongMessage(payload=said.Naming(key=message.payload.key))

    @ws_handler(output_type=[said.SubscribedMessage, said.ErrorMessage], summary="Follow a conversation")
    async def handle_subscribe(self, message: said.SubscribeMessage) -> None:
        wanted = message.payload
        await in_database(found_conversation)(self._let_in, wanted.conversation_id)
        feed = ConversationFeed(wanted.conversation_id, Position.parse(wanted.position), self._pumped.wake)
        await self._follow(wanted.conversation_id, feed, wanted.key)

    @ws_handler(output_type=[said.SubscribedMessage, said.ErrorMessage], summary="Follow the list")
    async def handle_subscribe_list(self, message: said.SubscribeListMessage) -> None:
        wanted = message.payload
        feed = ListFeed(self._let_in.user.pk, Position.parse(wanted.position), self._pumped.wake)
        await self._follow(LIST, feed, wanted.key)

    @ws_handler(output_type=[said.UnsubscribedMessage, said.ErrorMessage], summary="Follow something no more")
    async def handle_unsubscribe(self, message: said.UnsubscribeMessage) -> BaseMessage:
        named = message.payload
        await self._pumped.unfollow(named.conversation_id)
        payload = said.FollowingPayload(conversation_id=named.conversation_id, key=named.key)
        return said.UnsubscribedMessage(payload=payload)

    @ws_handler(output_type=ANSWERS, summary="Send a message")
    async def handle_send(self, message: said.SendMessage) -> BaseMessage:
        done = await in_database(_granted)(self._let_in, message.payload)
        return _accepted(message.payload, **_rows_of(done))

    @ws_handler(output_type=ANSWERS, summary="Stop a reply")
    async def handle_stop(self, message: said.StopMessage) -> BaseMessage:
        await in_database(grant)(self._let_in, message.payload)
        return _accepted(message.payload, reply_id=message.payload.message_id)

    @ws_handler(output_type=ANSWERS, summary="Have a reply written anew")
    async def handle_regenerate(self, message: said.RegenerateMessage) -> BaseMessage:
        reply, _ = await in_database(_granted)(self._let_in, message.payload)
        return _accepted(message.payload, reply_id=reply.pk)

    @ws_handler(output_type=ANSWERS, summary="Ask in other words")
    async def handle_edit(self, message: said.EditMessage) -> BaseMessage:
        done = await in_database(_granted)(self._let_in, message.payload)
        return _accepted(message.payload, **_rows_of(done))

    @ws_handler(output_type=ANSWERS, summary="Have a reply continued")
    async def handle_continue(self, message: said.ContinueMessage) -> BaseMessage:
        await in_database(_granted)(self._let_in, message.payload)
        return _accepted(message.payload, reply_id=message.payload.message_id)

    async def _run(self, pump: Pump) -> None:
        await self.end(CODES[await pump.run()])

    async def _tell(self, event: BaseMessage) -> None:
        await self._say(event)

    async def _say(self, message: BaseMessage) -> None:
        if not self._is_closing:
            await self.send(text_data=message.model_dump_json())

    async def _refuse(self, refused: Refused, key: str | None = None) -> None:
        """Say why; whoever does not heed that it is too much is shown out."""
        if self._is_closing:
            return
        if refused.code == Code.TOO_MANY and not self._refusals.add():
            await self.end(TOO_MANY)
        else:
            await self._say(_error(refused, key))

    def _performed(self, task: asyncio.Task[None]) -> None:
        self._performing.discard(task)
        self._may_perform.release()

    async def _answer(self, message: BaseMessage) -> None:
        """In the order in which they came, but for what does not wait behind what hangs."""
        key = message.payload.key
        waits = not isinstance(message, said.PingMessage | said.StopMessage)
        try:
            with trace.following(trace.fresh()):
                async with asyncio.timeout(ANSWERED_WITHIN), self._in_turn if waits else nullcontext():
                    answer = await self._handled(message)
        except Refused as refused:
            await self._refuse(refused, key)
            return
        except (DatabaseError, TimeoutError) as error:
            logger.warning("A message of a program could not be heeded: %s", type(error).__name__)
            answer = _error(Refused(Code.UNAVAILABLE), key)
        except Exception:
            logger.exception("A message of a program failed")
            answer = _error(Refused(Code.INTERNAL), key)
        if answer:
            await self._say(answer)

    async def _handled(self, message: BaseMessage) -> BaseMessage | None:
        handler = getattr(self, self._MESSAGE_HANDLER_INFO_MAP[message.action]["method_name"])
        answer: BaseMessage | None = await handler(message)
        return answer

    async def _follow(self, key: UUID | None, feed: Feed, name: str | None) -> None:
        """Join first, so that what is wrong is told; then say so, and let the pump tell what there is."""
        if key not in self._pumped.feeds and len(self._pumped.feeds) >= MOST_FOLLOWED:
            raise Refused(Code.TOO_MANY)
        await self._pumped.unfollow(key)
        await feed.join(hub)
        if self._is_closing:
            await feed.leave()
            return
        await self._say(said.SubscribedMessage(payload=said.FollowingPayload(conversation_id=key, key=name)))
        self._pumped.follow(key, feed)

    @property
    def _let_in(self) -> Access:
        assert self._access  # noqa: S101 - nobody else is read from
        return self._access

    @property
    def _pumped(self) -> Pump:
        assert self._pump  # noqa: S101 - likewise
        return self._pump


def _granted(access: Access, wish: Any) -> Any:
    """What has a model write is counted with all other changes of this person."""
    if access.writes and seconds_to_wait(access):
        raise Refused(Code.TOO_MANY)
    return grant(access, wish)


def _rows_of(done: Any) -> dict[str, Any]:
    if isinstance(done, Sent):
        return {"question_id": done.question.pk, "reply_id": done.reply.pk}
    return {"queued": QueuedMessage.of(done.message)}


def _accepted(wish: Any, **rows: Any) -> BaseMessage:
    payload = said.AcceptedPayload(conversation_id=wish.conversation_id, key=wish.key, **rows)
    return said.AcceptedMessage(payload=payload)


def _error(refused: Refused, key: str | None = None) -> said.ErrorMessage:
    problem = refused.problem
    return said.ErrorMessage(
        payload=said.ErrorPayload(code=problem.code, detail=problem.detail, errors=problem.errors, key=key)
    )
