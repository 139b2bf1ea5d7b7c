"""No connection event starts, stops or alters a generation."""

import asyncio

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.sessions.backends.db import SessionStore

from apps.accounts.models import User
from apps.bridge import in_database
from apps.chat.models import Message, Status
from apps.chat.reading import whole_text
from apps.web.consumers import ChatConsumer
from tests.generation.conftest import ask, asker, reply
from tests.support.running import DEADLINE, running_engine, running_hub, until
from tests.support.scripted_provider import ScriptedProvider, serving
from tests.web.conftest import session_of

__all__ = ["ask", "asker", "reply"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(asker: User) -> SessionStore:
    return SessionStore(session_of(asker))


def page(user: User, session: SessionStore, reply: Message, rev: int = 0) -> WebsocketCommunicator:
    communicator = WebsocketCommunicator(
        ChatConsumer.as_asgi(), f"/ws/?conversation={reply.conversation_id}&rev={rev}&account_rev=0"
    )
    communicator.scope["user"] = user
    communicator.scope["session"] = session
    return communicator


async def stored(reply: Message, text: str) -> None:
    async with asyncio.timeout(DEADLINE):
        while not (await in_database(whole_text)(reply)).startswith(text):  # noqa: ASYNC110  # a row rings no bell
            await asyncio.sleep(0.01)


async def ended(reply: Message) -> Message:
    async with asyncio.timeout(DEADLINE):
        while (row := await in_database(Message.objects.get)(pk=reply.pk)).is_live:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return row


async def test_a_page_that_leaves_in_mid_answer_changes_nothing(asker, session, reply):
    going_on, ending = asyncio.Event(), asyncio.Event()
    provider = ScriptedProvider(["Be", going_on, "cause", ending, "."])
    with serving(provider):
        async with running_hub(), running_engine():
            here = page(asker, session, reply)
            await here.connect()
            await until(lambda: provider.open_calls)
            await here.disconnect()
            going_on.set()
            await stored(reply, "Because")
            ending.set()
            row = await ended(reply)

    assert (row.status, row.content, row.attempt) == (Status.COMPLETE, "Because.", 1)
    assert len(provider.requests) == 1


async def test_pages_that_come_in_mid_answer_change_nothing(asker, session, reply):
    going_on = asyncio.Event()
    provider = ScriptedProvider(["Be", going_on, "cause."])
    with serving(provider):
        async with running_hub(), running_engine():
            await until(lambda: provider.open_calls)
            pages = [page(asker, session, reply) for _ in range(3)]
            for here in pages:
                await here.connect()
            going_on.set()
            row = await ended(reply)
            for here in pages:
                await here.disconnect()

    assert (row.status, row.attempt, len(provider.requests)) == (Status.COMPLETE, 1, 1)


async def test_the_same_fragments_reach_every_page(asker, session, reply):
    going_on = asyncio.Event()
    with serving(ScriptedProvider(["Be", going_on, "cause."])):
        async with running_hub(), running_engine():
            pages = [page(asker, session, reply) for _ in range(2)]
            for here in pages:
                await here.connect()
            going_on.set()
            seen = [await until_shown(here, "Because.</p>") for here in pages]
            for here in pages:
                await here.disconnect()

    assert all("is-complete" in frames for frames in seen)


async def until_shown(here: WebsocketCommunicator, text: str) -> str:
    """Everything a page was sent until the finished reply with `text`."""
    frames = ""
    while not ("is-complete" in frames.rpartition("message-assistant")[2] and text in frames):
        frames += await here.receive_from(timeout=DEADLINE)
    return frames
