"""What the engine tells while a reply is being written."""

from dataclasses import dataclass
from uuid import UUID

from apps.chat.events import conversation_topic
from apps.events import Event


@dataclass(frozen=True, kw_only=True)
class ChunkAdded(Event):
    """Text that is stored: `text` follows the first `start` code points of the reply."""

    conversation_id: UUID
    message_id: UUID
    start: int
    text: str

    @property
    def topic(self) -> str:
        return conversation_topic(self.conversation_id)
