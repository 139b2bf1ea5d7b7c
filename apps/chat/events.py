"""What happened to conversations and messages."""

from dataclasses import dataclass
from uuid import UUID

from apps.events import Event, group_name

ENGINES = "engines"  # the topic on which engines hear of work and of its end


def conversation_topic(conversation_id: UUID) -> str:
    return group_name("conversation", conversation_id)


def account_topic(owner_id: int) -> str:
    return group_name("account", owner_id)


@dataclass(frozen=True, kw_only=True)
class ConversationChanged(Event):
    """Anything but the growth of a running reply's text: read what is newer than what you have."""

    conversation_id: UUID
    rev: int

    @property
    def topic(self) -> str:
        return conversation_topic(self.conversation_id)


@dataclass(frozen=True, kw_only=True)
class AccountChanged(Event):
    """The user's list of conversations changed."""

    owner_id: int
    rev: int

    @property
    def topic(self) -> str:
        return account_topic(self.owner_id)


@dataclass(frozen=True, kw_only=True)
class DraftsChanged(Event):
    """The user has written, sent or thrown away a draft."""

    owner_id: int
    rev: int

    @property
    def topic(self) -> str:
        return account_topic(self.owner_id)


@dataclass(frozen=True, kw_only=True)
class ReplyQueued(Event):
    """A reply waits for an engine."""

    message_id: UUID

    @property
    def topic(self) -> str:
        return ENGINES


@dataclass(frozen=True, kw_only=True)
class StopRequested(Event):
    """The user wants no more of a running reply."""

    message_id: UUID

    @property
    def topic(self) -> str:
        return ENGINES
