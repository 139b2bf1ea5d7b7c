"""What a browser may ask for. The socket and the plain form posts go through the same table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms

from apps.accounts.models import User
from apps.chat import actions, choices, drafts, feedback, filing, queue
from apps.chat.asking import NotPossible
from apps.chat.models import Conversation, Message, QueuedMessage
from apps.chat.text import (
    MAX_INSTRUCTIONS,
    MAX_MESSAGE,
    MAX_NOTE,
    TextRejected,
    admit,
    admit_optional,
    admit_title,
)
from apps.live import limits
from apps.llm.registry import model_names


class Rejected(Exception):
    """A command that changed nothing; `code` says why, for apps.web.wording."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class GatedField(forms.Field):
    """Text as the text gate lets it in: never stripped, never converted from something else."""

    def __init__(self, gate: Callable[[object], str], *, required: bool = True) -> None:
        super().__init__(required=required)
        self._gate = gate

    def to_python(self, value: object) -> str:
        try:
            return self._gate("" if value is None else value)
        except TextRejected as rejected:
            raise forms.ValidationError("", code=rejected.code) from rejected


class ConversationForm(forms.Form):
    conversation_id = forms.UUIDField()


class TitleForm(ConversationForm):
    title = GatedField(admit_title)


class MessageForm(ConversationForm):
    message_id = forms.UUIDField()


class KeyField(forms.RegexField):
    """The name a browser gives to what it asks for: asked twice, it is done once."""

    def __init__(self) -> None:
        super().__init__(r"\A[\w-]{8,64}\Z")


class TextField(GatedField):
    def __init__(self) -> None:
        super().__init__(partial(admit, limit=MAX_MESSAGE))


class ModelField(forms.CharField):
    """A model that is offered, or none in particular."""

    def __init__(self, *, required: bool = False) -> None:
        super().__init__(required=required, strip=False)

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and value not in model_names():
            raise forms.ValidationError("", code="no_such_model")


class InstructionsField(GatedField):
    def __init__(self) -> None:
        super().__init__(partial(admit_optional, limit=MAX_INSTRUCTIONS), required=False)


class SendForm(ConversationForm):
    key = KeyField()
    text = TextField()
    after = forms.UUIDField(required=False)
    draft_id = forms.UUIDField(required=False)
    model_name = ModelField()
    instructions = InstructionsField()


class UseForm(ConversationForm):
    model_name = ModelField(required=True)


class InstructForm(ConversationForm):
    instructions = InstructionsField()


class SeenForm(ConversationForm):
    rev = forms.IntegerField(min_value=0, max_value=2**63 - 1)


class EditForm(MessageForm):
    key = KeyField()
    text = TextField()


class QueuedForm(ConversationForm):
    queued_id = forms.UUIDField()


class ReviseForm(QueuedForm):
    text = TextField()


class DiscardForm(ConversationForm):
    draft_id = forms.UUIDField()
    version = forms.IntegerField(min_value=1, max_value=drafts.LAST)
    new = forms.BooleanField(required=False)


class DraftForm(DiscardForm):
    text = GatedField(partial(admit, limit=MAX_MESSAGE, may_be_blank=True), required=False)
    replaces = forms.UUIDField(required=False)
    replaced_version = forms.IntegerField(min_value=0, max_value=drafts.LAST, required=False)

    def clean_replaced_version(self) -> int:
        return self.cleaned_data["replaced_version"] or 0


class RegenerateForm(MessageForm):
    key = KeyField()
    model_name = ModelField()


class NoteForm(MessageForm):
    text = GatedField(partial(admit_optional, limit=MAX_NOTE), required=False)


@dataclass(frozen=True)
class Command:
    """A wish: the form that validates it, and the action that grants it.

    What is `quiet` a page does by itself, and again until it sees the effect: nobody hears of a refusal.
    """

    form: type[forms.Form]
    action: Callable[..., Any]
    quiet: bool = False


COMMANDS: dict[str, Command] = {
    "send": Command(SendForm, actions.send_message),
    "rename": Command(TitleForm, actions.rename),
    "delete": Command(ConversationForm, actions.delete),
    "restore": Command(ConversationForm, filing.restore),
    "pin": Command(ConversationForm, filing.pin),
    "unpin": Command(ConversationForm, filing.unpin),
    "archive": Command(ConversationForm, filing.archive),
    "unarchive": Command(ConversationForm, filing.unarchive),
    "see": Command(SeenForm, filing.see),
    "stop": Command(MessageForm, actions.stop),
    "continue": Command(MessageForm, actions.continue_reply),
    "regenerate": Command(RegenerateForm, actions.regenerate),
    "edit": Command(EditForm, actions.edit),
    "choose": Command(MessageForm, actions.choose),
    "like": Command(MessageForm, feedback.like),
    "dislike": Command(MessageForm, feedback.dislike),
    "unrate": Command(MessageForm, feedback.unrate),
    "note": Command(NoteForm, feedback.note),
    "revise": Command(ReviseForm, queue.revise),
    "withdraw": Command(QueuedForm, queue.withdraw),
    "draft": Command(DraftForm, drafts.save, quiet=True),
    "discard": Command(DiscardForm, drafts.discard),
    "use": Command(UseForm, choices.use_model),
    "instruct": Command(InstructForm, choices.instruct),
    "resume": Command(ConversationForm, queue.resume),
}
HAVE_A_MODEL_WRITE = {"send", "edit", "regenerate", "continue", "resume"}
FIELD_NAMES = {
    "conversation": "conversation_id",
    "message": "message_id",
    "queued": "queued_id",
    "draft": "draft_id",
    "model": "model_name",
}  # as the wire spells them
IDENTIFIERS = ("conversation", "message", "queued", "draft", "replaces", "key", "after", "model")


def perform(user: User, name: object, values: Mapping[str, Any]) -> Any:
    """Grant the wish `name`; raises Rejected, with code `absent` for whatever is not the user's."""
    command = COMMANDS.get(name) if isinstance(name, str) else None
    if command is None:
        raise Rejected("unknown_command")
    if not all(isinstance(values.get(name, ""), str) for name in IDENTIFIERS):
        raise Rejected("invalid")  # a form field would take a number, or any object, by its spelling
    if name in HAVE_A_MODEL_WRITE and not limits.wishes.spend(user.pk):
        raise Rejected("too_many")
    form = command.form({FIELD_NAMES.get(key, key): value for key, value in values.items()})
    if not form.is_valid():
        raise Rejected(_first_code(form))
    try:
        return command.action(user, **form.cleaned_data)
    except (Conversation.DoesNotExist, Message.DoesNotExist, QueuedMessage.DoesNotExist):
        raise Rejected("absent") from None
    except NotPossible as refused:
        raise Rejected(refused.code) from None


def is_quiet(name: object) -> bool:
    command = COMMANDS.get(name) if isinstance(name, str) else None
    return command is not None and command.quiet


def _first_code(form: forms.Form) -> str:
    return next(error.code or "invalid" for errors in form.errors.as_data().values() for error in errors)
