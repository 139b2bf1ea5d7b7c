"""What its owner chooses for a conversation: who answers, and what every answer heeds."""

from uuid import UUID

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.chat.revisions import changing


def use_model(user: User, conversation_id: UUID, *, model_name: str) -> None:
    """Have this model answer from now on."""
    with changing(Conversation.objects.find(user.pk, conversation_id).pk) as conversation:
        conversation.model_name = model_name


def instruct(user: User, conversation_id: UUID, *, instructions: str) -> None:
    """Have every answer from now on heed this, beside what its reader wants everywhere."""
    with changing(Conversation.objects.find(user.pk, conversation_id).pk) as conversation:
        conversation.instructions = instructions
