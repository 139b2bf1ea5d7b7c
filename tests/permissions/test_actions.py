import uuid
from typing import Any

import pytest

from apps.api.socket import ProgramConsumer
from apps.bridge import in_database
from tests.permissions.cast import ROLES, Place, World
from tests.permissions.outcomes import ABSENT, OK, READ_ONLY, UNKNOWN
from tests.permissions.rows import rows_of
from tests.permissions.table import ACTIONS
from tests.support.running import running_hub
from tests.support.tab import Closed
from tests.support.typed_socket import OURS, TypedSocket

pytestmark = pytest.mark.django_db(transaction=True)

SIGNED_OUT = 4001
REFUSED = {"absent": ABSENT, "read_only": READ_ONLY, SIGNED_OUT: UNKNOWN}
TAKES = {
    "ping": (),
    "subscribe_list": (),
    "subscribe": ("conversation_id",),
    "unsubscribe": ("conversation_id",),
    "send": ("conversation_id", "text"),
    "stop": ("conversation_id", "message_id"),
    "continue": ("conversation_id", "message_id"),
    "regenerate": ("conversation_id", "message_id"),
    "edit": ("conversation_id", "message_id", "text"),
}


@pytest.fixture
def world() -> World:
    return World()


def socket_of(world: World, role: str) -> TypedSocket:
    if role in world.tokens:
        return TypedSocket(world.tokens[role])
    return TypedSocket(session=world.cookies.get(role, {}).get("sessionid", ""), origin=OURS)


async def answers(world: World, role: str, place: Place) -> dict[str, dict[str, Any]]:
    """By action; of whoever is shown out, what the closing code says."""
    ids = {"conversation_id": place.conversation, "message_id": place.message, "text": "Taken"}
    said: dict[str, dict[str, Any]] = {}
    async with running_hub():
        socket = socket_of(world, role)
        assert await socket.opened()
        try:
            for action in ACTIONS:
                fields = {name: str(ids[name]) for name in TAKES[action]}
                said[action] = await socket.ask(action, **fields, key=uuid.uuid4().hex)
                del said[action]["payload"]["key"]
        except Closed as closed:
            return {action: {"payload": {"code": closed.code}} for action in ACTIONS}
        finally:
            await socket.close()
    return said


def outcome(answer: dict[str, Any]) -> str:
    return REFUSED.get(answer["payload"].get("code"), OK)


def test_every_action_has_a_row() -> None:
    new, gone = set(ProgramConsumer.kinds) - set(ACTIONS), set(ACTIONS) - set(ProgramConsumer.kinds)

    assert (new, gone) == (set(), set()), "tell of them in ACTIONS of tests/permissions/table.py"


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_may_do_what_the_table_says(world: World, role: str) -> None:
    before = await in_database(rows_of)(world.owner)

    found = {action: outcome(answer) for action, answer in (await answers(world, role, world.here)).items()}

    assert found == {action: getattr(row, role) for action, row in ACTIONS.items()}
    assert (await in_database(rows_of)(world.owner) == before) == (role not in {"owner", "writer"})


@pytest.mark.parametrize("role", ["owner", "other", "staff", "trusted", "writer", "reader"])
async def test_what_is_anothers_or_deleted_is_answered_as_what_never_was(world: World, role: str) -> None:
    places = [world.gone, world.nowhere, *[world.here] * (getattr(ACTIONS["subscribe"], role) == ABSENT)]

    told = [await answers(world, role, place) for place in places]

    told_alike = [{name: answer for name, answer in one.items() if name != "unsubscribe"} for one in told]
    assert all(one == told_alike[0] for one in told_alike)
    assert outcome(told[0]["subscribe"]) == ABSENT
