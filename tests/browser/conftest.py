import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import WITHIN, Person, running_browser
from tests.support.openai_server import OpenAIServer
from tests.support.product import Account, Product
from tests.support.product import product as running_product

TITLED_WITHIN = 45.0  # seconds
FIRST, SECOND = "scripted-1", "scripted-2"  # models
UNTITLED = "SELECT count(*) FROM chat_conversation WHERE title_state = 'wanted'"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=WITHIN)
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="package")
def product() -> Iterator[Product]:
    with running_product(webs=2) as running:
        yield running


@pytest.fixture(scope="package")
def accounts(product: Product) -> Iterator[Account]:
    return product.people()


@pytest.fixture(scope="package")
def administrator(accounts: Iterator[Account]) -> Account:
    return next(accounts)


@pytest.fixture(scope="package")
def model_server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture(scope="package")
def model_product(model_server: OpenAIServer) -> Iterator[Product]:
    settings = {"OPENAI_BASE_URL": model_server.base_url, "OPENAI_MODELS": "scripted-1"}
    with running_product(webs=2, **settings) as running:
        yield running


@pytest.fixture(scope="package")
def model_accounts(model_product: Product) -> Iterator[Account]:
    return model_product.people()


@pytest.fixture(scope="module")
def two_models(model_server: OpenAIServer) -> Iterator[Product]:
    settings = {"OPENAI_BASE_URL": model_server.base_url, "OPENAI_MODELS": f"{FIRST},{SECOND}"}
    with running_product(**settings) as running:
        yield running


@pytest.fixture(scope="module")
def some(two_models: Product) -> Iterator[Account]:
    return two_models.people()


@pytest.fixture
def people(browser: Browser) -> Iterator[Callable[..., Person]]:
    """Lets people come; nothing may have complained in any of their pages by the end of the test."""
    present: list[Person] = []

    def come(product: Product, account: Account | None = None, **options: object) -> Person:
        present.append(Person(browser, product, account, **options))
        return present[-1]

    yield come
    for person in present:
        person.close()
    assert [complaint for person in present for complaint in person.complaints] == []


@pytest.fixture
def owner(
    people: Callable[..., Person],
    product: Product,
    accounts: Iterator[Account],
    administrator: Account,
) -> Person:
    return people(product, next(accounts))


@pytest.fixture
def stranger(owner: Person, people: Callable[..., Person], accounts: Iterator[Account]) -> Person:
    return people(owner.product, next(accounts))


@pytest.fixture
def model_owner(
    people: Callable[..., Person],
    model_product: Product,
    model_accounts: Iterator[Account],
    model_server: OpenAIServer,
) -> Person:
    wait_until_titled(model_product)  # a late request would take what the next test scripts
    model_server.forget()
    return people(model_product, next(model_accounts))


def wait_until_titled(product: Product) -> None:
    deadline = time.monotonic() + TITLED_WITHIN
    while product.query(UNTITLED) != [(0,)]:
        assert time.monotonic() < deadline, "a title never came"
        time.sleep(0.05)
