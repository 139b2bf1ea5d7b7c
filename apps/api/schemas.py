"""Rows as JSON: the one place that decides what programs see of them, by whichever door they come."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from apps.chat import models as rows
from apps.chat.models import Role, Status
from apps.generation.models import Generation
from apps.llm.errors import ErrorCode
from apps.llm.provider import FinishReason


class Schema(BaseModel):
    """What we say: complete, and never changed once made."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Conversation(Schema):
    """A conversation of yours, without its messages."""

    id: UUID
    title: str = Field(description="One line; empty until there is one.")
    model: str = Field(description="Answers from now on.")
    instructions: str = Field(description="Yours for this conversation; empty if there are none.")
    head_id: UUID | None = Field(description="The last message of the active path.")
    pinned: bool
    archived: bool
    unread: bool = Field(description="Whether an answer has ended since you last looked.")
    rev: int = Field(ge=0, description="Counts its changes, the growth of running text excepted.")
    created_at: AwareDatetime
    updated_at: AwareDatetime = Field(description="When something was last asked or answered.")

    @classmethod
    def of(cls, row: rows.Conversation) -> "Conversation":
        return cls(
            id=row.pk,
            title=row.title,
            model=row.model_name,
            instructions=row.instructions,
            head_id=row.head_id,
            pinned=row.pinned,
            archived=row.archived,
            unread=row.unread,
            rev=row.rev,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


class MessageFacts(Schema):
    """A message without its text: where it stands in the tree, and what became of it."""

    id: UUID
    conversation_id: UUID
    parent_id: UUID | None
    depth: int = Field(ge=0, description="How many messages lie above it.")
    role: Role
    status: Status
    model: str = Field(description="Who wrote it; empty for a question.")
    attempt: int = Field(ge=0, description="How often a model has begun to write it.")
    finish_reason: FinishReason | None
    error: ErrorCode | None
    length: int = Field(ge=0, description="Code points of text that are stored so far.")
    created_at: AwareDatetime

    @classmethod
    def of(cls, row: rows.Message) -> "MessageFacts":
        return cls(**_facts(row, length=len(row.text)))

    @classmethod
    def of_unread(cls, row: rows.Message, *, length: int) -> "MessageFacts":
        """Of a row whose text has not been loaded."""
        return cls(**_facts(row, length=length))


class Message(MessageFacts):
    """A message with its text, Markdown as it was written."""

    text: str

    @classmethod
    def of(cls, row: rows.Message, *, most: int | None = None) -> "Message":
        """`most` code points of its text, or all of it; `length` tells of all."""
        return cls(**_facts(row, length=len(row.text)), text=row.text[:most])


class QueuedMessage(Schema):
    """A message that was sent while an answer ran, and goes when that ends."""

    id: UUID
    text: str
    created_at: AwareDatetime

    @classmethod
    def of(cls, row: rows.QueuedMessage) -> "QueuedMessage":
        return cls(id=row.pk, text=row.text, created_at=row.created_at)


class Attempt(Schema):
    """One go of a model at a reply; null is what nobody has counted."""

    number: int = Field(ge=1)
    model: str
    started_at: AwareDatetime
    first_text_ms: int | None
    duration_ms: int | None
    prompt_tokens: int | None
    completion_tokens: int | None
    finish_reason: FinishReason | None
    error: ErrorCode | None

    @classmethod
    def of(cls, row: Generation) -> "Attempt":
        return cls(
            number=row.attempt,
            model=row.model_name,
            started_at=row.started_at,
            first_text_ms=row.first_text_ms,
            duration_ms=row.duration_ms,
            prompt_tokens=row.prompt_tokens,
            completion_tokens=row.completion_tokens,
            finish_reason=_or_none(FinishReason, row.finish_reason),
            error=_or_none(ErrorCode, row.error_code),
        )


def _facts(row: rows.Message, *, length: int) -> dict[str, Any]:
    created_at: datetime = row.created_at
    return {
        "id": row.pk,
        "conversation_id": row.conversation_id,
        "parent_id": row.parent_id,
        "depth": row.depth,
        "role": Role(row.role),
        "status": Status(row.status),
        "model": row.model_name,
        "attempt": row.attempt,
        "finish_reason": _or_none(FinishReason, row.finish_reason),
        "error": _or_none(ErrorCode, row.error_code),
        "length": length,
        "created_at": created_at,
    }


def _or_none(kind: Any, value: str) -> Any:
    return kind(value) if value else None
