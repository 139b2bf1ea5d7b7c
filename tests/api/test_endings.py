"""What is open ends with the access by which it was opened, also where nobody hears of that."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest

from apps.accounts.models import Token, User
from apps.api import authentication, pump
from apps.api import socket as socket_module
from apps.bridge import in_database
from apps.chat.models import Message
from apps.events import mailbox
from apps.live.closing import SIGNED_OUT
from tests.factories import TokenFactory
from tests.support.event_stream import stream
from tests.support.running import running_hub
from tests.support.typed_socket import typed_socket

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "colloquy_of-a-program"
BEARER = {"authorization": f"Bearer {SECRET}"}


@pytest.fixture(autouse=True)
def token(asker: User, monkeypatch: pytest.MonkeyPatch) -> Token:
    """Nothing asks for it by itself while a test runs."""
    monkeypatch.setattr(pump, "HEARTBEAT", 3600.0)
    return TokenFactory(user=asker, secret=SECRET)


@pytest.fixture
def events(reply: Message) -> str:
    return f"/conversations/{reply.conversation_id}/events"


def end() -> None:
    Token.objects.all().delete()


def ending_behind(let_in: Callable[..., Any]) -> Callable[..., Any]:
    """What lets in, with the access ended before anybody listens for that."""

    @wraps(let_in)
    def let_in_and_end(*args: Any) -> Any:
        access = let_in(*args)
        end()
        return access

    return let_in_and_end


async def test_a_stream_whose_access_ended_while_it_was_opened_tells_nothing(events, monkeypatch):
    monkeypatch.setattr(authentication, "by_token", ending_behind(authentication.by_token))
    async with running_hub(), stream(events, **BEARER) as here:
        assert await here.rest() == []


async def test_a_socket_whose_access_ended_while_it_was_opened_is_closed(reply, monkeypatch):
    monkeypatch.setattr(socket_module, "access_by", ending_behind(socket_module.access_by))
    async with running_hub(), typed_socket(SECRET) as here:
        assert await here.closed() == SIGNED_OUT

    assert here.heard == []


async def test_a_stream_whose_end_was_lost_with_other_events_ends(events):
    async with running_hub(), stream(events, **BEARER) as here:
        await here.until("snapshot")
        await in_database(end)()
        mailbox._kick()

        assert await here.rest() == []


async def test_a_socket_whose_end_was_lost_with_other_events_is_closed():
    async with running_hub(), typed_socket(SECRET) as here:
        await here.ask("ping")
        await in_database(end)()
        mailbox._kick()

        assert await here.closed() == SIGNED_OUT


async def test_lost_events_end_nothing_that_may_stay(events, reply):
    async with running_hub(), stream(events, **BEARER) as here, typed_socket(SECRET) as there:
        await here.until("snapshot")
        mailbox._kick()
        await there.ask("subscribe", conversation_id=str(reply.conversation_id))
        await there.until("snapshot")

        assert not here.has_ended
