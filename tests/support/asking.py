"""Questions below answers that still run, as no page asks them any more: processes of older versions do."""

from uuid import UUID

from apps.accounts.models import User
from apps.chat import actions
from apps.chat.asking import Key, Sent, ask
from apps.chat.models import Conversation, Message
from apps.chat.revisions import changing


def ask_at_once(user: User, conversation_id: UUID, *, key: str, text: str) -> Sent:
    """Ask, whatever runs at the end of the conversation."""
    known = Message.objects.of_key(conversation_id, key)
    if not known and Conversation.objects.filter(pk=conversation_id, head__in=Message.objects.live()):
        with changing(conversation_id, listed=True) as conversation:
            return ask(conversation, conversation.head, Key(key), text)
    return actions.send_message(user, conversation_id, key=key, text=text, model_name="demo")
