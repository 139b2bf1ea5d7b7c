"""Group ws_handshake, at both doors: what opens a socket, and from where."""

from urllib.parse import urlsplit

import pytest

from tests.bad_inputs.people import Person
from tests.support.websocket import Closed, Refused, connect

DOORS = ("/ws/", "/ws/v1/")
SIGNED_OUT = 4001
FOREIGN = {
    "another site": "https://evil.test",
    "a sandboxed frame": "null",
    "nobody": "",
    "suffix": "http://{host}.evil.test",
    "prefix": "http://evil{host}",
    "as a user": "http://{host}@evil.test",
    "another scheme": "https://{host}",
    "another port": "http://{name}:9999",
    "no port": "http://{name}",
    "two": "http://{host} http://evil.test",
    "a path": "http://{host}/",
    "another case of null": "NULL",
}


def named(origin: str, person: Person) -> str:
    parts = urlsplit(person.base_url)
    return origin.format(host=parts.netloc, name=parts.hostname)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("origin", FOREIGN.values(), ids=FOREIGN)
async def test_cookie_opens_no_socket_elsewhere(origin: str, door: str, alice: Person) -> None:
    with pytest.raises(Refused) as refused:
        async with connect(alice.base_url + door, cookie=alice.cookie, origin=named(origin, alice)):
            pass

    assert refused.value.status in {400, 403}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("cookie", ["", "sessionid=", "sessionid=0", "sessionid=" + "a" * 3000, "=;;=\x7f"])
async def test_nobody_is_told_anything(cookie: str, door: str, alice: Person) -> None:
    async with connect(alice.base_url + door, cookie=cookie) as socket:
        with pytest.raises(Closed) as closed:
            await socket.receive()

    assert closed.value.code == SIGNED_OUT


@pytest.mark.parametrize("door", DOORS)
async def test_session_that_has_ended_opens_nothing(door: str, alice: Person) -> None:
    alice.post("/accounts/logout/")
    async with connect(alice.base_url + door, cookie=alice.cookie) as socket:
        with pytest.raises(Closed) as closed:
            await socket.receive()

    assert closed.value.code == SIGNED_OUT


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer colloquy_" + "a" * 43, "Basic YTpi", "Bearer a b", "x" * 3000]
)
async def test_header_that_names_no_token_lets_nobody_in(header: str, alice: Person) -> None:
    """Whatever cookies come with it."""
    headers = {"Authorization": header}
    async with connect(f"{alice.base_url}/ws/v1/", cookie=alice.cookie, headers=headers) as socket:
        with pytest.raises(Closed) as closed:
            await socket.receive()

    assert closed.value.code == SIGNED_OUT


@pytest.mark.parametrize(
    "query", ["ticket=", "ticket=x", "ticket=%00", "ticket=" + "a" * 3000, "a=1&ticket=x"]
)
async def test_what_is_no_ticket_lets_nobody_in(query: str, alice: Person) -> None:
    async with connect(f"{alice.base_url}/ws/v1/?{query}", cookie=alice.cookie, origin="") as socket:
        with pytest.raises(Closed) as closed:
            await socket.receive()

    assert closed.value.code == SIGNED_OUT


async def test_ticket_opens_one_socket(alice: Person) -> None:
    ticket = alice.told("/tickets")["ticket"]
    with pytest.raises(Refused):
        async with connect(f"{alice.base_url}/ws/v1/?token={ticket}", origin=""):
            pass
    url = f"{alice.base_url}/ws/v1/?ticket={ticket}"
    async with connect(url, origin="https://else.test") as socket:
        await socket.send('{"action": "ping"}')
        assert "pong" in str(await socket.receive())

    async with connect(url, origin="https://else.test") as socket:
        with pytest.raises(Closed):
            await socket.receive()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("value", ["a\x0bX-Admin: 1", "a\x00b", "a\x0cb"])
async def test_control_character_in_a_header_is_refused(value: str, door: str, alice: Person) -> None:
    with pytest.raises(Refused) as refused:
        async with connect(alice.base_url + door, cookie=alice.cookie, headers={"X-Evil": value}):
            pass

    assert refused.value.status == 400


@pytest.mark.parametrize("door", DOORS)
async def test_nothing_is_compressed(door: str, alice: Person) -> None:
    headers = {"Sec-WebSocket-Extensions": "permessage-deflate"}
    async with connect(alice.base_url + door, cookie=alice.cookie, headers=headers) as socket:
        assert "sec-websocket-extensions" not in socket.head.lower()


@pytest.mark.parametrize("path", ["/ws", "/ws/v2/", "/ws/v1", "/ws/v1/x/", "/"])
async def test_there_is_no_other_socket(path: str, alice: Person) -> None:
    with pytest.raises(Refused) as refused:
        async with connect(alice.base_url + path, cookie=alice.cookie):
            pass

    assert refused.value.status in {403, 404}
