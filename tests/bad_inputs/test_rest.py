"""REST, asked for what it must not give. What is not described is refused: our choice where there is one."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from tests.bad_inputs.expand import Entry, entries
from tests.bad_inputs.people import CSRF_TOKEN, Person
from tests.bad_inputs.rest import API, Cast, Told, ask, cookie_of
from tests.bad_inputs.rest_mutations import MUTATIONS
from tests.support.product import Product

ENTRIES = [*entries("api_param"), *MUTATIONS]
USED_KEY = "a-key-that-bob-has-used"
MAKE_TOKENS = """
import json
from datetime import timedelta
from apps.accounts.models import Scope, User
from apps.accounts.tokens import issue

def token(email, scope=Scope.WRITE):
    return issue(User.objects.get(email=email), name="x", scope=scope, lifetime=timedelta(days=7))[1]

alice, bob, gone = {emails!r}
tokens = {{"token": token(alice), "limited_token": token(alice), "readonly_token": token(alice, Scope.READ)}}
tokens |= {{"bob_token": token(bob), "suspended_token": token(gone)}}
tokens["bob_id"] = str(User.objects.get(email=bob).pk)
User.objects.filter(email=gone).update(is_active=False)
print(json.dumps(tokens))
"""
STATE = """
    SELECT c.title, c.owner_id, c.created_at, c.deleted_at, c.rev, u.is_staff, u.is_superuser, u.is_active,
    u.email, u.password, (SELECT COUNT(*) FROM accounts_user_groups g WHERE g.user_id = u.id),
    (SELECT COUNT(*) FROM chat_message m WHERE m.conversation_id = c.id),
    (SELECT COUNT(*) FROM accounts_token t WHERE t.user_id = u.id)
    FROM chat_conversation c JOIN accounts_user u ON u.id = c.owner_id WHERE u.email = %s
"""


@pytest.fixture(scope="module")
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def cast(product: Product, admin: Person, newcomers: Iterator[Person], http: httpx2.Client) -> Cast:
    """Alice with a conversation that she has begun, a Bob who may change, and somebody who is blocked."""
    alice, bob, gone = (next(newcomers) for _ in range(3))
    made = product.manage(
        "shell", "-v0", "-c", MAKE_TOKENS.format(emails=(alice.email, bob.email, gone.email))
    )
    values = json.loads(made.strip().splitlines()[-1])
    cast = Cast(alice, values | {"alice": cookie_of(alice), "alice_csrf": CSRF_TOKEN})
    cast.values |= {"mid": str(uuid.uuid4()), "uuid": str(uuid.uuid4())}
    for name, token in (("cid", "token"), ("bob_cid", "bob_token")):
        cast.values[name] = _post(http, cast, "conversations", token, {"title": "Mine"}).json()["id"]
    cast.values["bob_used_key"] = USED_KEY
    return cast


def _post(http: httpx2.Client, cast: Cast, path: str, token: str, body: dict[str, Any]) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {cast.values[token]}"}
    return http.post(f"{cast.alice.base_url}{API}/{path}", json=body, headers=headers)


def refused(*statuses: int) -> Callable[[Told, Cast], bool]:
    """With a problem, and one of these statuses, or any that blames the client."""
    return lambda told, cast: (
        told.is_problem and (told.status in statuses if statuses else 400 <= told.status < 500)
    )


def no_cors(told: Told, cast: Cast) -> bool:
    return not any(name.lower().startswith("access-control") for name in told.headers)


OUTCOMES: dict[str, Callable[[Told, Cast], bool]] = {
    "field_unchanged": refused(),  # our choice: a field of no known name is refused, and the others with it
    "http_200_capped_or_4xx": refused(422),
    "http_200_default_or_4xx": refused(422),
    "http_200_empty_or_4xx": refused(422),
    "http_200_from_start_or_4xx": refused(422),
    "http_400_or_401": refused(401),
    "http_401": refused(401),
    "http_403": refused(403),
    "http_404": refused(404),
    "http_405": lambda told, cast: told.status == 405,
    "http_405_or_ignored": refused(405),
    "http_413": lambda told, cast: told.status == 413,  # before it has been read, by who would read it
    "http_4xx": refused(),
    "http_4xx_no_fetch": refused(404),  # nowhere can an address be given
    "no_cors": no_cors,
    "own_rows_only": refused(422),
    "same_limits": refused(401),
}
SPECIAL = {"AP-079": refused(404)}  # a token cannot make another: there is no such door


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.outcome != "independent"], ids=lambda e: e.id)
def test_request_has_its_outcome_and_again_the_same(
    entry: Entry, cast: Cast, http: httpx2.Client, product: Product
) -> None:
    before = product.query(STATE, cast.alice.email)

    told = ask(http, cast, entry)
    again = ask(http, cast, entry)

    assert SPECIAL.get(entry.id, OUTCOMES[entry.outcome])(told, cast), (told.status, told.text[:300])
    assert (again.status, again.text) == (told.status, told.text)
    assert product.query(STATE, cast.alice.email) == before


def test_keys_of_different_people_are_independent(cast: Cast, http: httpx2.Client) -> None:
    (entry,) = [entry for entry in ENTRIES if entry.outcome == "independent"]
    sent = Entry(entry.id, entry.outcome, {**entry.input, "body": {"gen": "json", "value": {"text": "x"}}})
    body = {"key": USED_KEY}
    bobs, hers = [_post(http, cast, "conversations", token, body).json() for token in ("bob_token", "token")]
    _post(http, cast, f"conversations/{bobs['id']}/messages", "bob_token", {"text": "his", **body})

    told = ask(http, Cast(cast.alice, cast.values | {"cid": hers["id"]}), sent)

    assert bobs["id"] != hers["id"]
    assert told.status == 201
    assert told.json["question"]["conversation_id"] == hers["id"]
