import logging
from typing import Any

import pytest
from django.test import Client

from apps.metrics import registry
from apps.ops.requests import HEADER

pytestmark = pytest.mark.django_db
GIVEN = "0123-4567-89ab"


def request_id(given: str = "") -> str:
    return Client().get("/accounts/login/", headers={HEADER: given} if given else {}).headers[HEADER]


def test_every_answer_names_its_request() -> None:
    first, second = request_id(), request_id()

    assert len(first) == 32
    assert first != second


def test_a_name_from_anybody_is_not_taken() -> None:
    assert request_id(GIVEN) != GIVEN


def test_a_name_from_our_proxy_is_taken(settings: Any) -> None:
    settings.TRUST_PROXY_HEADERS = True

    assert request_id(GIVEN) == GIVEN


@pytest.mark.parametrize("bad", ["short", "x" * 65, 'quote"quote"', "with space", "ümlaut-ümlaut"])
def test_what_is_no_name_is_not_taken_from_anybody(settings: Any, bad: str) -> None:
    settings.TRUST_PROXY_HEADERS = True

    assert request_id(bad) != bad


def test_a_request_is_told_by_its_route_and_never_by_its_address(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "apps.ops.requests"):
        Client().get("/accounts/password/reset/key/1-secret/?q=secret")

    record = caplog.records[-1]
    assert record.facts["route"] == "account_reset_password_from_key"
    assert "secret" not in f"{record.getMessage()}{record.facts}"


def test_a_missing_page_has_no_route_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "apps.ops.requests"):
        Client().get("/secret-place")

    assert "secret" not in caplog.records[-1].getMessage()


def test_answers_are_counted_by_route_and_kind() -> None:
    labels = {"route": "account_login", "status": "2xx"}
    before = registry.get_sample_value("colloquy_requests_total", labels) or 0

    Client().get("/accounts/login/?next=/c/")

    assert registry.get_sample_value("colloquy_requests_total", labels) == before + 1
