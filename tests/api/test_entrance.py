import json
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client

from apps.accounts.models import User
from apps.api import throttling
from apps.chat.models import Conversation
from tests.api.client import API, Program, problem
from tests.factories import ConversationFactory, TokenFactory
from tests.web.conftest import session_of

pytestmark = pytest.mark.django_db

SECRET = "colloquy_secret-of-a-token"


def csrf_token(client: Client) -> str:
    client.get("/")
    return client.cookies["csrftoken"].value


@pytest.fixture
def browser(owner: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    return client


def begin(client: Client, **headers: str) -> HttpResponse:
    return client.post(f"{API}/conversations", {}, content_type="application/json", headers=headers)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Basic {SECRET}",
        f"Token {SECRET}",
        f"Bearer {SECRET}x",
        f"Bearer {SECRET},Bearer {SECRET}",
        f"Bearer {SECRET} {SECRET}",
        "Bearer \u00e9",
    ],
)
def test_nobody_enters_without_a_good_token(owner: User, header: str) -> None:
    TokenFactory(user=owner, secret=SECRET)
    answer = Program().get("/me", headers={"Authorization": header} if header else {})

    assert problem(answer) == (401, "unauthorized")
    assert answer["WWW-Authenticate"].startswith('Bearer realm="Colloquy"')


@pytest.mark.parametrize("header", [f"Bearer {SECRET}", f"bearer  {SECRET}"])
def test_a_token_in_a_header_lets_in(owner: User, header: str) -> None:
    token = TokenFactory(user=owner, secret=SECRET)
    me = Program().get("/me", headers={"Authorization": header}).json()

    assert (me["email"], me["by"], me["token_id"], me["writes"]) == (
        owner.email,
        "token",
        str(token.pk),
        True,
    )


@pytest.mark.parametrize("query", ["token", "access_token", "ticket", "api_key"])
def test_a_token_in_an_address_is_never_read(owner: User, query: str) -> None:
    TokenFactory(user=owner, secret=SECRET)

    assert problem(Program().get(f"/me?{query}={SECRET}")) == (401, "unauthorized")


def test_a_bad_token_is_not_helped_by_a_session(browser: Client) -> None:
    answer = browser.get(f"{API}/me", headers={"Authorization": "Bearer no-such"})

    assert problem(answer) == (401, "unauthorized")
    assert answer["WWW-Authenticate"].endswith('error="invalid_token"')


def test_a_session_reads_without_more(browser: Client) -> None:
    me = browser.get(f"{API}/me").json()

    assert (me["by"], me["token_id"], me["writes"]) == ("session", None, True)


def test_a_session_changes_nothing_without_its_csrf_token(browser: Client) -> None:
    assert problem(begin(browser)) == (403, "csrf")
    assert not Conversation.objects.exists()


def test_a_session_changes_with_its_csrf_token(browser: Client) -> None:
    assert begin(browser, **{"X-CSRFToken": csrf_token(browser)}).status_code == 201


def test_a_foreign_page_changes_nothing_even_with_the_csrf_token(browser: Client) -> None:
    headers = {"X-CSRFToken": csrf_token(browser), "Origin": "https://evil.test"}

    assert problem(begin(browser, **headers)) == (403, "csrf")


@pytest.mark.parametrize("blocked_by", ["token", "session"])
def test_the_blocked_stay_out(owner: User, writer: Program, blocked_by: str) -> None:
    client = Client(headers={"Cookie": f"sessionid={session_of(owner)}"})
    User.objects.filter(pk=owner.pk).update(is_active=False)
    answer = writer.get("/me") if blocked_by == "token" else client.get(f"{API}/me")

    assert problem(answer) == (401, "unauthorized")


def test_who_may_only_read_changes_nothing(reader: Program, owner: User) -> None:
    path = f"/conversations/{ConversationFactory(owner=owner).pk}"

    assert problem(reader.post("/conversations", {})) == (403, "read_only")
    assert problem(reader.delete(path)) == (403, "read_only")
    assert reader.get(path).status_code == 200


def test_who_may_only_read_gets_a_ticket(reader: Program) -> None:
    ticket = reader.post("/tickets")

    assert (ticket.status_code, ticket.json()["expires_in"]) == (201, 30)


@pytest.mark.parametrize(
    "path",
    ["/api/", "/api/v1/", "/api/v2/me", "/api/v1/conversations/", "/api/v1/no/such", "/api/v1/messages/1"],
)
def test_what_lies_nowhere_is_told_as_a_problem(path: str) -> None:
    assert problem(Client().get(path)) == (404, "absent")


@pytest.mark.parametrize(("method", "path"), [("PUT", "/me"), ("TRACE", "/me"), ("DELETE", "/conversations")])
def test_what_cannot_be_asked_is_refused_before_who_asks(method: str, path: str) -> None:
    answer = Program().ask(method, path)

    assert problem(answer) == (405, "method_not_allowed")
    assert "GET" in answer["Allow"]


def test_another_method_cannot_be_smuggled_in(writer: Program, owner: User) -> None:
    path = f"/conversations/{ConversationFactory(owner=owner).pk}"

    answer = writer.post(path, {}, headers={"X-HTTP-Method-Override": "DELETE"})

    assert problem(answer) == (405, "method_not_allowed")


@pytest.mark.parametrize("kind", ["text/html", "application/xml", "image/*;q=1"])
def test_there_is_no_answer_but_json(writer: Program, kind: str) -> None:
    assert problem(writer.get("/me", headers={"Accept": kind})) == (406, "not_acceptable")


UNREADABLE = (415, "unsupported_media_type")
BODIES: dict[str, tuple[Any, dict[str, str], tuple[int, str]]] = {
    "a form": ("title=x", {"Content-Type": "application/x-www-form-urlencoded"}, UNREADABLE),
    "text": ("{}", {"Content-Type": "text/plain"}, UNREADABLE),
    "another charset": (
        "{}", {"Content-Type": "application/json; charset=utf-7"}, (415, "unsupported_media_type"),
    ),
    "compressed": ("{}", {"Content-Encoding": "gzip"}, UNREADABLE),
    "half of it": ('{"title": ', {}, (400, "malformed")),
    "not an object": ("[]", {}, (400, "malformed")),
    "NaN": ('{"title": NaN}', {}, (400, "malformed")),
    "an endless number": ('{"title": ' + "9" * 5000 + "}", {}, (400, "malformed")),
    "too deep": ("[" * 100_000, {}, (400, "malformed")),
    "deep in an object": ('{"a":' * 50_000, {}, (400, "malformed")),
    "not UTF-8": (b'{"title": "\xff"}', {}, (400, "malformed")),
    "UTF-16": ('{"title": "x"}'.encode("utf-16"), {}, (400, "malformed")),
    "too large": (b'"' + b"x" * (4 * 2**20), {}, (413, "too_large")),
}  # fmt: skip


@pytest.mark.parametrize(("body", "headers", "told"), BODIES.values(), ids=BODIES)
def test_a_body_that_cannot_be_read_is_refused(
    writer: Program, body: Any, headers: dict[str, str], told: tuple[int, str]
) -> None:
    kind = headers.get("Content-Type", "application/json")
    answer = writer.ask("POST", "/conversations", data=body, content_type=kind, headers=headers)

    assert problem(answer) == told
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(("body", "headers", "told"), BODIES.values(), ids=BODIES)
def test_a_body_that_cannot_be_read_is_refused_in_a_session_as_well(
    browser: Client, body: Any, headers: dict[str, str], told: tuple[int, str]
) -> None:
    kind = headers.get("Content-Type", "application/json")
    sent = {**headers, "X-CSRFToken": csrf_token(browser)}
    answer = browser.post(f"{API}/conversations", body, content_type=kind, headers=sent)

    assert problem(answer) == told
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("name", [name for name, body in BODIES.items() if body[2] != UNREADABLE])
def test_no_body_is_read_before_the_csrf_token_is_found_to_be_right(browser: Client, name: str) -> None:
    answer = browser.post(f"{API}/conversations", BODIES[name][0], content_type="application/json")

    assert problem(answer) == (403, "csrf")


def test_a_problem_says_what_it_is_and_where_that_is_explained(writer: Program) -> None:
    told = json.loads(writer.get("/conversations?limit=x").content)

    assert told["type"] == "/api/v1/docs/#error-invalid"
    assert told["errors"] == [
        {"field": "limit", "code": "invalid", "detail": "This is not what the document describes."}
    ]


def test_private_answers_are_stored_nowhere_and_given_to_no_other_origin(writer: Program) -> None:
    answers = [program.get("/me", headers={"Origin": "https://evil.test"}) for program in (writer, Program())]

    assert {answer["Cache-Control"] for answer in answers} == {"no-store"}
    assert not any(name.startswith("Access-Control") for answer in answers for name in answer.headers)


def test_too_many_changes_have_to_wait(
    writer: Program, outsider: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "WRITES", 2)
    answers = [writer.post("/conversations", {}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert problem(answers[2]) == (429, "too_many")
    assert 1 <= int(answers[2]["Retry-After"]) <= throttling.WINDOW
    assert writer.get("/me").status_code == 200
    assert outsider.post("/conversations", {}).status_code == 201


def test_changes_are_counted_over_all_tokens_of_a_person(
    owner: User, writer: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "WRITES", 1)
    TokenFactory(user=owner, secret=SECRET)
    writer.post("/conversations", {})

    assert problem(Program(SECRET).post("/conversations", {})) == (429, "too_many")


def test_without_the_counter_changes_go_on(writer: Program) -> None:
    cache.clear()
    with patch.object(type(cache), "incr", side_effect=ValueError, create=True):
        assert writer.post("/conversations", {}).status_code == 201


@pytest.mark.parametrize(
    "where", ["apps.api.authentication.by_token", "apps.api.views.oneself.preferences_of"]
)
def test_while_the_database_is_away_clients_are_told_when_to_come_back(writer: Program, where: str) -> None:
    with patch(where, side_effect=OperationalError("gone")):
        answer = writer.get("/me")

    assert problem(answer) == (503, "unavailable")
    assert answer["Retry-After"] == "5"


def test_a_fault_of_ours_tells_nothing_of_it(writer: Program) -> None:
    with patch("apps.api.views.oneself.preferences_of", side_effect=KeyError("planted")):
        answer = writer.get("/me")

    assert problem(answer) == (500, "internal")
    assert b"planted" not in answer.content
