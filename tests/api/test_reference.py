import json
import re

import pytest
from django.test import Client

from apps.api.documents.kept import kept
from apps.api.documents.reference import reference
from apps.api.errors import TYPE, Code
from tests.api.client import API

DOCUMENT = json.loads(kept("openapi.json"))
OPERATIONS = [said for methods in DOCUMENT["paths"].values() for said in methods.values()]


@pytest.fixture
def page() -> str:
    return Client().get(f"{API}/docs/").content.decode()


def test_document_is_served_to_anybody_as_it_is_kept() -> None:
    assert Client().get(f"{API}/openapi.json").json() == DOCUMENT


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda said: said["operationId"])
def test_page_shows_every_operation(page: str, operation: dict[str, str]) -> None:
    assert f'id="{operation["operationId"]}"' in page
    assert f'href="#{operation["operationId"]}"' in page


@pytest.mark.parametrize("code", Code)
def test_a_problem_is_explained_where_its_type_says(page: str, code: Code) -> None:
    path, _, anchor = TYPE.format(code).partition("#")

    assert path == f"{API}/docs/"
    assert page.count(f'id="{anchor}"') == 1


def test_no_link_of_the_page_leads_nowhere(page: str) -> None:
    assert set(re.findall(r'href="#([\w-]+)"', page)) - set(re.findall(r'id="([\w-]+)"', page)) == set()


def test_every_group_has_operations() -> None:
    assert [group.name for group in reference().groups if not group.operations] == []


def test_every_operation_is_named_once() -> None:
    names = [operation["operationId"] for operation in OPERATIONS]

    assert len(names) == len(set(names))
