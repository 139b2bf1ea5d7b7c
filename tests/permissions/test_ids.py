import re

import pytest
from django.core.cache import cache
from django.test import Client

from tests.bad_inputs.expand import entries
from tests.permissions.asking import fields_of, send, values
from tests.permissions.cast import World
from tests.permissions.outcomes import ABSENT, outcome
from tests.permissions.routes import Route, routes
from tests.permissions.table import ROUTES

pytestmark = pytest.mark.django_db

IDS = {"conversation_id", "message_id", "queued_id", "token_id", "object_id", "id", "pk"}
WITH_IDS = [route for route in routes() if IDS & set(route.takes) and route.name != route.pattern]
SPELT = [entry.value for entry in entries("id_path") if entry.target == "every_route_with_id"]
MORE = [
    *(
        "0",
        "-1",
        "+1",
        "1.0",
        "1e3",
        "0x10",
        "9" * 30,
        "true",
        "[]",
        "{}",
        "*",
        "%20",
        "%09",
        "%7f",
        "%ff",
        "%C0%80",
    ),
    *(
        "{{cid}}%20",
        "%20{{cid}}",
        "{{cid}}%00",
        "{{cid}}.json",
        "{{cid}};",
        "{{cid}}%2f..",
        "urn:uuid:{{cid}}",
    ),
    *(
        "{{cid_bare}}",
        "{{cid}}0",
        "{{cid_short}}",
        "00000000-0000-0000-0000-000000000000",
        "' OR 1=1 --",
        "%24%7B7*7%7D",
    ),
    *("{{cid_wide}}", "None", "NaN", "<script>", "..", ".", "~", "%252e%252e"),
]


@pytest.fixture
def world() -> World:
    cache.clear()
    return World()


def spelt(text: str, world: World, own: object) -> str:
    """The id that an entry of the corpus names: {{cid}} is what is the asker's own."""
    mine = str(own)
    known = {
        "{{bob_cid}}": str(world.nowhere.conversation),
        "{{cid_upper}}": mine.upper(),
        "{{cid_bare}}": mine.replace("-", ""),
        "{{cid_short}}": mine[:-1],
        "{{cid_wide}}": mine.translate({digit: digit + 0xFEE0 for digit in range(0x30, 0x3A)}),
        "{{cid}}": mine,
    }
    return re.sub(r"\{\{\w+\}\}", lambda found: known[found[0]], text)


def may_be_another(bad: str, own: str) -> bool:
    """A number names some row, and nothing a list."""
    return (own.isdigit() and bad.isascii() and bad.isdigit()) or not bad


def asked(browser: Client, method: str, route: Route, path: str, fields: dict[str, str]) -> str:
    """What comes of it: the desk leads from what it does not know to a row of that name, if there is any."""
    answered = send(browser, method, route, path, fields)
    if answered.get("Location", "").endswith("/change/"):
        return outcome(browser.get(answered["Location"]))
    return outcome(answered)


@pytest.mark.parametrize("route", WITH_IDS, ids=lambda route: route.name)
def test_what_is_no_id_of_theirs_is_absent(world: World, route: Route) -> None:
    role = "trusted" if route.name.startswith("admin:") else "owner"
    method = next(iter(ROUTES[route.name]))
    usual, fields = values(world, route, world.here), fields_of(world, world.here)
    found: dict[str, str] = {}
    for parameter in IDS & set(route.takes):
        own = str(usual[parameter])
        for text in [*SPELT, *MORE]:
            bad = spelt(text, world, own)
            if bad != own and not may_be_another(bad, own):
                path = route.path({**usual, parameter: bad})
                came = asked(world.browser(role), method, route, path, fields)
                found[f"{parameter}={text[:60]}"] = came

    assert {text: said for text, said in found.items() if said != ABSENT} == {}
