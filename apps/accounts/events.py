"""What happened to a user that open connections must hear of."""

from dataclasses import dataclass
from uuid import UUID

from apps.events import Event, group_name

TOPIC = "user"


def user_topic(user_id: int) -> str:
    return group_name(TOPIC, user_id)


@dataclass(frozen=True, kw_only=True)
class AccessEnded(Event):
    """The user signed out in one session (`session_hash`), or everywhere (empty): what is open must close."""

    user_id: int
    session_hash: str = ""

    @property
    def topic(self) -> str:
        return user_topic(self.user_id)


@dataclass(frozen=True, kw_only=True)
class TokenRevoked(Event):
    """One token lets nobody in any more: whatever was opened by it must close."""

    user_id: int
    token_id: UUID

    @property
    def topic(self) -> str:
        return user_topic(self.user_id)
