import pytest
from django.test import Client


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "10.1.2.3", "no such host"])
def test_liveness_is_told_under_any_name(host):
    response = Client().get("/livez", headers={"host": host})

    assert (response.status_code, response.content) == (200, b"ok\n")


def test_nothing_else_is(settings):
    assert Client().get("/accounts/login/", headers={"host": "elsewhere.example"}).status_code == 400
