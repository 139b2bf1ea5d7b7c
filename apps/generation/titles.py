"""Titles, written by the model after the first exchange: late, optional, and never over the user's own."""

import asyncio
from datetime import timedelta
from functools import cache
from threading import Thread
from uuid import UUID

from django.db.models.functions import Now

from apps.chat import actions
from apps.chat.models import Conversation, Message, TitleState
from apps.chat.text import TextRejected, admit_title, cut
from apps.events import mailbox
from apps.llm.errors import ProviderError
from apps.llm.provider import Request, Turn, complete
from apps.llm.registry import offered, provider_for

TITLE_INSTRUCTION = (
    "Write a title for this conversation: at most six words, in its language, naming its subject. "
    "Answer with the title alone, without quotation marks or a full stop."
)
MOST_READ = 2_000  # code points of each turn that the title is made from
LONGEST = 80  # code points of a title that a model writes
FORGOTTEN_AFTER = timedelta(seconds=60)
GIVEN_UP_AFTER = timedelta(days=1)
BATCH = 50


def write_title(conversation_id: UUID) -> bool:
    """Have the conversation titled; False if it no longer wants a title."""
    conversation = Conversation.objects.filter(pk=conversation_id, title_state=TitleState.WANTED).first()
    if conversation is None:
        return False
    exchange = Message.objects.filter(conversation=conversation).order_by("depth", "created_at")[:2]
    turns = tuple(Turn(message.role, message.content[:MOST_READ]) for message in exchange if message.content)
    request = Request(offered(conversation.model_name), (Turn("system", TITLE_INSTRUCTION), *turns))
    try:
        answer = _ask(request)
    except ProviderError as error:
        if error.retryable:
            raise
        answer = ""  # it will not get better: the first words are the title
    return actions.give_title(conversation_id, _tidied(answer) or conversation.title)


def forgotten() -> list[UUID]:
    """Conversations whose title is due and for which no task seems to be on its way."""
    when = (Now() - GIVEN_UP_AFTER, Now() - FORGOTTEN_AFTER)
    due = Conversation.objects.filter(title_state=TitleState.WANTED, deleted_at=None, updated_at__range=when)
    return list(due.order_by("updated_at").values_list("pk", flat=True)[:BATCH])


def _ask(request: Request) -> str:
    """The answer, over connections that are kept from one title to the next."""
    answer = complete(provider_for(request.model_name), request, limit=4 * LONGEST)
    home = mailbox.loop
    loop = home if home is not None and home.is_running() else _own_loop()
    return asyncio.run_coroutine_threadsafe(answer, loop).result()


@cache
def _own_loop() -> asyncio.AbstractEventLoop:
    """For a process that has no other; it ends with the process."""
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="titles", daemon=True).start()
    return loop


def _tidied(answer: str) -> str:
    """The first line of what the model said, as a title; empty if there is nothing in it."""
    lines = [line.strip(" \t#*_\"'“”„«»`") for line in answer.splitlines()]
    first = next((line for line in lines if line), "")
    try:
        return admit_title(cut(first.removeprefix("Title:").rstrip("."), LONGEST))
    except TextRejected:
        return ""
