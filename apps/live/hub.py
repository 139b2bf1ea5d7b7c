"""The hub: the mirrors of everything that is watched in this process."""

import asyncio
import contextvars
import logging
from collections.abc import Callable
from typing import TypeVar, cast
from uuid import UUID

from apps import metrics
from apps.bridge import in_view
from apps.events import mailbox
from apps.live.comparison import compare
from apps.live.mirror import AccountMirror, ConversationMirror, Mirror, Watcher

logger = logging.getLogger(__name__)

TICK = 1.0  # seconds between comparisons with the database: how late a lost event may make us

M = TypeVar("M", bound=Mirror)


class Hub:
    """Hands out mirrors, one per watched thing, and keeps them honest."""

    def __init__(self) -> None:
        self.draining = False
        self.waiting: set[Callable[[], None]] = set()  # who must hear of the drain, and may watch nothing
        self._mirrors: dict[str, Mirror] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def watched(self) -> int:
        return len(self._mirrors)

    async def watch_conversation(self, conversation_id: UUID, watcher: Watcher) -> ConversationMirror:
        return await self._watch(ConversationMirror(conversation_id), watcher)

    async def watch_account(self, owner_id: int, watcher: Watcher) -> AccountMirror:
        return await self._watch(AccountMirror(owner_id), watcher)

    async def leave(self, mirror: Mirror, watcher: Watcher) -> None:
        mirror.watchers.discard(watcher)
        if not mirror.watchers and self._mirrors.get(mirror.topic) is mirror:
            del self._mirrors[mirror.topic]
            self._tasks.pop(mirror.topic).cancel()
            await mailbox.leave(mirror.topic, mirror.hear)

    def drain(self) -> None:
        """Have every connection of this process look up, see that it ends, and come back elsewhere."""
        self.draining = True
        for mirror in self._mirrors.values():
            mirror.tell()
        for look_up in list(self.waiting):
            look_up()

    async def run(self) -> None:
        """Once a tick, compare what is watched with the database, until cancelled."""
        while True:
            await asyncio.sleep(TICK)
            try:
                await self.check()
            except Exception as error:  # noqa: BLE001 - the database may be away; it comes back
                logger.warning("The hub could not compare revisions: %s", type(error).__name__)

    async def check(self) -> None:
        """Compare all that is watched with the database: revs, and how far running replies have come."""
        mirrors = list(self._mirrors.values())
        conversations = {m.conversation_id: m for m in mirrors if isinstance(m, ConversationMirror)}
        accounts = {m.owner_id: m for m in mirrors if isinstance(m, AccountMirror)}
        if not mirrors:
            return
        written = {pk: (m, length) for m in conversations.values() for pk, length in m.lengths().items()}
        lengths = {pk: length for pk, (_, length) in written.items()}
        found = await in_view(compare)(conversations.keys(), accounts.keys(), lengths)
        for pk, conversation in conversations.items():
            conversation.check(found.conversation_revs.get(pk))
        for owner_id, account in accounts.items():
            account.check(found.account_revs.get(owner_id, 0))
            account.reach_drafts(found.draft_revs.get(owner_id, 0))
        for message_id, start, text in found.missed:
            written[message_id][0].grow(message_id, start, text)

    async def _watch(self, fresh: M, watcher: Watcher) -> M:
        """The mirror, joined first and read then, so that no change falls between."""
        mirror = cast("M", self._mirrors.setdefault(fresh.topic, fresh))
        mirror.watchers.add(watcher)
        if mirror is fresh:
            await mailbox.join(mirror.topic, mirror.hear)
            task = asyncio.get_running_loop().create_task(mirror.run(), context=contextvars.Context())
            self._tasks[mirror.topic] = task
        try:
            await mirror.reach(watcher.rev)
        except BaseException:
            await self.leave(mirror, watcher)
            raise
        return mirror


hub = Hub()
metrics.WATCHED.set_function(lambda: hub.watched)
