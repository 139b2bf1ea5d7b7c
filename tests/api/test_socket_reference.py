import json
import re

import pytest
from django.test import Client

from apps.api.documents.kept import kept
from tests.api.client import API
from tests.support.socket_document import SocketDocument

DOCUMENT = SocketDocument()


@pytest.fixture
def page() -> str:
    return Client().get(f"{API}/docs/socket/").content.decode()


def test_document_is_served_to_anybody_as_it_is_kept() -> None:
    assert Client().get(f"{API}/asyncapi.json").json() == json.loads(kept("asyncapi.json"))


@pytest.mark.parametrize(
    "message", DOCUMENT.whole["components"]["messages"].values(), ids=lambda m: m["name"]
)
def test_page_shows_every_message(page: str, message: dict[str, str]) -> None:
    assert page.count(f'id="{message["name"]}"') == 1
    assert f'href="#{message["name"]}"' in page


def test_no_link_of_the_page_leads_nowhere(page: str) -> None:
    assert set(re.findall(r'href="#([\w-]+)"', page)) - set(re.findall(r'id="([\w-]+)"', page)) == set()


def test_each_page_leads_to_the_other(page: str) -> None:
    other = Client().get(f"{API}/docs/").content.decode()

    assert f'href="{API}/docs/"' in page
    assert f'href="{API}/docs/socket/"' in other
