"""What is whose: somebody else's looks as if it had never been."""

from uuid import UUID

from apps.accounts.access import Access
from apps.api.errors import Code, Refused
from apps.chat.models import Conversation, Message


def found_conversation(access: Access, conversation_id: UUID) -> Conversation:
    """Theirs, or Refused is raised."""
    try:
        return Conversation.objects.find(access.user.pk, conversation_id)
    except Conversation.DoesNotExist:
        raise Refused(Code.ABSENT) from None


def found_message(access: Access, message_id: UUID) -> Message:
    """Likewise, without its text."""
    try:
        return Message.objects.owned_by(access.user).defer("content").get(pk=message_id)
    except Message.DoesNotExist:
        raise Refused(Code.ABSENT) from None
