"""What the model is told: the path that leads to the reply."""

from apps.chat.models import Message
from apps.llm.provider import Request, Turn

MOST_TURNS = 200
MOST_TEXT = 400_000  # code points


def request_for(reply: Message) -> Request:
    """The request that has `reply` written, or continued where its text ends."""
    ids = (
        Message.objects.path_up(reply.parent_id, count=MOST_TURNS, size=MOST_TEXT) if reply.parent_id else []
    )
    path = Message.objects.filter(pk__in=ids).order_by("depth")
    turns = tuple(Turn(message.role, message.content) for message in path if message.content)
    return Request(model_name=reply.model_name, turns=turns, reply_so_far=reply.content)
