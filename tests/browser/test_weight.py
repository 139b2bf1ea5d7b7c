"""What a page of the chat costs a first visitor, as the deployed product sends it."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Request

from tests.support.browser import Person
from tests.support.product import Account, Product
from tests.support.product import product as running_product

pytestmark = [pytest.mark.browser, pytest.mark.embedded_only]

MOST = 150_000  # bytes of bodies, compressed
DEPLOYED = {
    "DJANGO_SETTINGS_MODULE": "tests.support.deployed",
    "SECRET_KEY": "of the tests alone, and as long as it is asked to be: fifty",
    "ALLOWED_HOSTS": "localhost",
}


@pytest.fixture(scope="module")
def deployed() -> Iterator[Product]:
    with running_product(**DEPLOYED) as running:
        running.manage("collectstatic", "--no-input", "--verbosity", "0")
        running.kill()  # what there is to serve is looked at once, at the start
        running.restart()
        yield running


@pytest.fixture(scope="module")
def talk(deployed: Product, browser: Browser) -> tuple[Account, str]:
    """A conversation of words, and whose it is."""
    [account] = deployed.accounts(1)
    person = Person(browser, deployed, account)
    tab = person.open()
    for question in ("/long 200", "/long 400"):
        tab.send(question).expect_status("complete")
    path = tab.path
    person.close()
    return account, path


@pytest.fixture
def fetched(people: Callable[..., Person], deployed: Product, talk: tuple[Account, str]) -> list[Request]:
    """What a browser that was never here asks for, to show that."""
    account, path = talk
    person = people(deployed, account)
    page = person.context.new_page()
    requests: list[Request] = []
    page.on("requestfinished", lambda request: requests.append(request))  # noqa: PLW0108 - it is marked
    page.goto(path, wait_until="networkidle")
    return requests


def test_a_chat_page_is_light(fetched: list[Request]) -> None:
    sizes = {urlsplit(request.url).path: request.sizes()["responseBodySize"] for request in fetched}

    assert len(sizes) > 50
    assert sum(sizes.values()) <= MOST, sorted(sizes.items(), key=lambda size: -size[1])


def test_all_of_it_is_compressed_and_from_here(fetched: list[Request], deployed: Product) -> None:
    texts = [request for request in fetched if request.resource_type in {"document", "stylesheet", "script"}]
    plain = [
        request.url
        for request in texts
        if "content-encoding" not in request.response().headers  # type: ignore[union-attr]  # it finished
        and request.sizes()["responseBodySize"] > 1000
    ]

    assert plain == []
    assert {urlsplit(request.url).netloc for request in fetched} == {urlsplit(deployed.base_url).netloc}


def test_what_does_not_change_is_never_asked_for_again(fetched: list[Request]) -> None:
    parts = [request for request in fetched if request.resource_type in {"stylesheet", "script"}]

    kept = {(request.response().headers)["cache-control"] for request in parts}  # type: ignore[union-attr]

    assert kept == {"max-age=315360000, public, immutable"}
