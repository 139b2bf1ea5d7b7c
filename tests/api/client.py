"""A program that speaks to the REST door: JSON both ways, by a token or without."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from apps.accounts.models import Scope, User
from tests.factories import TokenFactory

API = "/api/v1"


class Program:
    """`said` is the answer to the last request, `found` what its body holds."""

    def __init__(self, token: str = "", **options: Any) -> None:
        self._client = Client(raise_request_exception=False, **options)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    @classmethod
    def of(cls, user: User, scope: Scope = Scope.WRITE) -> "Program":
        secret = f"colloquy_of-{user.pk}-{scope}"
        TokenFactory(user=user, scope=scope, secret=secret)
        return cls(secret)

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **options: Any
    ) -> HttpResponse:
        content = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
        sent = {**self._headers, **(headers or {})}
        return self._client.generic(method, f"{API}{path}", headers=sent, **{**content, **options})

    def get(self, path: str, **options: Any) -> HttpResponse:
        return self.ask("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> HttpResponse:
        return self.ask("POST", path, body, **options)

    def patch(self, path: str, body: Any, **options: Any) -> HttpResponse:
        return self.ask("PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> HttpResponse:
        return self.ask("DELETE", path, **options)


def problem(answer: HttpResponse) -> tuple[int, str]:
    """The status and the code of an answer that must be a problem."""
    assert answer["Content-Type"] == "application/problem+json", answer["Content-Type"]
    told = json.loads(answer.content)
    assert told["status"] == answer.status_code
    return answer.status_code, told["code"]


def wrong_fields(answer: HttpResponse) -> dict[str, str]:
    assert problem(answer) == (422, "invalid")
    return {error["field"]: error["code"] for error in json.loads(answer.content)["errors"]}


def looks(answer: HttpResponse) -> tuple[int, bytes, dict[str, str]]:
    """All that tells one answer from another, but for what is the request's own."""
    own = {"X-Request-ID", "Content-Security-Policy"}  # the policy's order is no promise
    headers = {name: value for name, value in answer.headers.items() if name not in own}
    return answer.status_code, answer.content, headers
