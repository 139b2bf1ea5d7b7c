"""How conversations begin: with a first message, or empty."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import User, preferences_of
from apps.chat.asking import check_same
from apps.chat.models import Conversation, TitleState
from apps.chat.revisions import changing
from apps.chat.text import cut
from apps.llm.registry import offered

FIRST_WORDS = 60  # code points of the first question that stand in for a title


def begin_conversation(
    user: User, conversation_id: UUID, *, text: str, model_name: str = "", instructions: str = ""
) -> Conversation:
    """The user's conversation of this id, made if there is none; its first words stand in for a title.

    Without a `model_name` the one that the user prefers answers.
    """
    begun, _ = _find_or_store(
        user, conversation_id, title=first_words(text), model_name=model_name, instructions=instructions
    )
    return begun


@transaction.atomic
def begin_empty(
    user: User,
    conversation_id: UUID,
    *,
    title: str = "",
    model_name: str = "",
    instructions: str = "",
    digest: str = "",
) -> tuple[Conversation, bool]:
    """The user's conversation of this id, and whether it has been made now; nothing has been said in it yet.

    Raises Conversation.DoesNotExist if the id is somebody else's, or its conversation was deleted, and
    KeyUsed if another request has begun it.
    """
    begun, new = _find_or_store(
        user, conversation_id, title=title, model_name=model_name, instructions=instructions, digest=digest
    )
    if not new:
        check_same(begun, digest)
        return begun, False
    with changing(begun.pk, listed=True) as conversation:
        conversation.title_state = TitleState.USER if title else TitleState.NONE
    return conversation, True


def first_words(text: str) -> str:
    return cut(text, FIRST_WORDS)


def _find_or_store(
    user: User, conversation_id: UUID, *, title: str, model_name: str, instructions: str, digest: str = ""
) -> tuple[Conversation, bool]:
    try:
        return Conversation.objects.find(user.pk, conversation_id), False
    except Conversation.DoesNotExist:
        row = Conversation(
            pk=conversation_id,
            owner=user,
            title=title,
            model_name=offered(model_name or preferences_of(user).model_name),
            instructions=instructions,
            digest=digest,
            updated_at=timezone.now(),
        )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # a second tab was faster, or the id is somebody else's
        return Conversation.objects.find(user.pk, conversation_id), False
    return row, True
