"""The bodies of requests: of each wish, what is not in the address."""

from typing import Annotated

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from apps.api.fields import Attempt, Id, Instructions, Key, MessageText, ModelName, Note, Said, Title
from apps.chat.models import Verdict


class NewConversation(Said):
    """A conversation to begin; nothing has been said in it yet."""

    key: Key | None = None
    title: Title | None = None
    model: ModelName | None = None
    instructions: Instructions = ""


class ConversationChange(Said):
    """What is to be different about a conversation; what is not named stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "not": {
                "properties": {"pinned": {"const": True}, "archived": {"const": True}},
                "required": ["pinned", "archived"],
            }
        }
    )

    title: Title | None = None
    pinned: bool | None = Field(default=None, description="Pinning takes a conversation out of the archive.")
    archived: bool | None = Field(default=None, description="Archiving takes the pin off.")
    model: ModelName | None = None
    instructions: Instructions | None = None

    @field_validator("archived")
    @classmethod
    def _not_pinned_as_well(cls, archived: bool | None, others: ValidationInfo) -> bool | None:
        if archived and others.data.get("pinned"):
            raise ValueError
        return archived


class NewMessage(Said):
    """A message to send."""

    text: MessageText
    key: Key | None = None
    model: ModelName | None = Field(default=None, description="Answers from now on.")
    after: Id | None = Field(
        default=None,
        description="The last message you have seen: if it is not the last any more, nothing is stored.",
    )


class NewVersion(Said):
    """Which model is to write the other version; the same if none is named."""

    key: Key | None = None
    model: ModelName | None = None


class Continuation(Said):
    """Where to go on."""

    attempt: Attempt | None = Field(
        default=None,
        description="The attempt to continue, as the reply tells it: behind each the reply goes on once, "
        "however often that is asked. Without it a repeated request may continue it again.",
    )


class EditedQuestion(Said):
    """The question in other words."""

    text: MessageText
    key: Key | None = None


class Rating(Said):
    """What you think of a reply."""

    verdict: Annotated[Verdict, Field(strict=False)]
    note: Note | None = Field(default=None, description="Left out, the note stays as it is.")


class RevisedMessage(Said):
    """A waiting message in other words."""

    text: MessageText
