"""What the model is told: what its reader wants heeded, and the path that leads to the reply."""

from apps.chat.models import Conversation, Message, Role
from apps.llm.provider import Request, Turn

MOST_TURNS = 200
MOST_TEXT = 400_000  # code points


def request_for(reply: Message) -> Request:
    """The request that has `reply` written, or continued where its text ends."""
    path: list[tuple[str, str]] = []
    if reply.parent_id:
        path = Message.objects.turns_up(reply.parent_id, count=MOST_TURNS, size=MOST_TEXT)
    heeded = Conversation.objects.instructions_of(reply.conversation_id)
    turns = [*(Turn(Role.SYSTEM.value, text) for text in heeded), *(Turn(*turn) for turn in path)]
    return Request(reply.model_name, tuple(turns), reply_so_far=reply.content)
