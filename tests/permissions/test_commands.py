import uuid

import pytest

from apps.bridge import in_database
from apps.web import commands
from apps.web.wording import REJECTIONS
from tests.permissions.cast import BY_TOKEN, SIGNED_IN, Place, World
from tests.permissions.outcomes import ABSENT, OK, SIGN_IN
from tests.permissions.rows import rows_of
from tests.permissions.table import COMMANDS
from tests.support.running import running_bus
from tests.support.tab import Tab, tab

pytestmark = pytest.mark.django_db(transaction=True)

BEGIN = {"send", "draft"}  # a conversation that never was
SIGNED_OUT = 4001


@pytest.fixture
def world() -> World:
    return World()


def wish(command: str, place: Place) -> dict[str, object]:
    """All that any command asks for."""
    ids = {"conversation": place.conversation, "message": place.message, "queued": place.queued}
    words = dict.fromkeys(("text", "title", "instructions"), "Taken")
    return {
        "command": command,
        "key": f"of-{command}".ljust(8, "_"),
        **{name: str(found) for name, found in ids.items()},
        **words,
        "draft": str(uuid.uuid4()),
        "rev": 1,
        "version": 1,
        "model": "demo",
    }


async def outcomes(world: World, role: str, place: Place) -> dict[str, str]:
    """By command. Only what pages do by themselves is refused without a word."""
    asked = [command for command in COMMANDS if place is not world.nowhere or command not in BEGIN]
    said: dict[str, str] = {}
    async with running_bus(), tab(world.cookies[role]["sessionid"]) as page:
        for command in asked:
            await page.send(**wish(command, place))
            await page.send(command="none-such", key="a-marker")
            in_turn = command != "stop" or role == "owner"
            said[command] = await page.until("a-marker", *[] if in_turn else ["of-stop"])
    absent = str(REJECTIONS["absent"])
    return {command: ABSENT if absent in said[command] else OK for command in asked}


def test_every_command_has_a_row() -> None:
    new, gone = set(commands.COMMANDS) - set(COMMANDS), set(COMMANDS) - set(commands.COMMANDS)

    assert (new, gone) == (set(), set()), "tell of them in COMMANDS of tests/permissions/table.py"


@pytest.mark.parametrize("role", SIGNED_IN)
async def test_each_role_may_do_what_the_table_says(world: World, role: str) -> None:
    before = await in_database(rows_of)(world.owner)

    found = await outcomes(world, role, world.here)

    quiet = {command for command in COMMANDS if commands.is_quiet(command)}
    said = {command: OK if command in quiet else getattr(row, role) for command, row in COMMANDS.items()}
    assert found == said
    assert (await in_database(rows_of)(world.owner) == before) == (role != "owner")


@pytest.mark.parametrize("role", ["other", "trusted"])
async def test_what_is_anothers_is_answered_as_what_never_was(world: World, role: str) -> None:
    here, gone, nowhere = [
        await outcomes(world, role, place) for place in (world.here, world.gone, world.nowhere)
    ]

    assert here == gone == {**here, **nowhere}
    assert set(nowhere) == set(here) - BEGIN


async def test_what_was_deleted_can_be_restored_alone(world: World) -> None:
    found = await outcomes(world, "owner", world.gone)

    assert found["send"] == found["delete"] == ABSENT
    assert found["restore"] == OK


async def test_conversation_of_another_cannot_be_watched(world: World) -> None:
    for place in (world.here, world.gone, world.nowhere):
        for role in ("other", "staff", "trusted"):
            page = Tab(world.cookies[role]["sessionid"], conversation=place.conversation, rev=0)
            assert await page.opened()
            assert await page.closed() == 4404


@pytest.mark.parametrize("role", ["anonymous", *BY_TOKEN])
async def test_pages_socket_lets_in_by_a_session_alone(world: World, role: str) -> None:
    assert {getattr(row, role) for row in COMMANDS.values()} == {SIGN_IN}
    page = Tab("", conversation=world.here.conversation, rev=0)
    page.socket.scope["headers"].append((b"authorization", f"Bearer {world.tokens.get(role)}".encode()))

    assert await page.opened()
    assert await page.closed() == SIGNED_OUT
