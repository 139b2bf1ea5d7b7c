"""Nothing keeps anybody out: axe finds nothing on any page, in any state."""

import re
from collections.abc import Callable, Iterator

import pytest

from tests.browser.axe_states import STATES
from tests.browser.axe_walks import CHOICES, WALKS, Walk
from tests.support.axe import DESK, violations
from tests.support.browser import Person
from tests.support.line import SPOILED
from tests.support.product import Account, Product

pytestmark = [pytest.mark.browser, pytest.mark.embedded_only]


@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing(
    name: str, people: Callable[..., Person], product: Product, accounts: Iterator[Account]
) -> None:
    state = STATES[name]
    person = people(product, next(accounts) if state.inside else None)
    person.forgiven = re.compile(state.forgiven)

    page = state.arrive(person)

    found = violations(page)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.__name__)
def test_axe_finds_nothing_on_the_way(walk: Walk, owner: Person, administrator: Account) -> None:
    owner.forgiven = SPOILED

    found = found_along(walk, owner)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("walk", CHOICES, ids=lambda walk: walk.__name__)
def test_axe_finds_nothing_where_models_are_chosen(
    walk: Walk, people: Callable[..., Person], two_models: Product, some: Iterator[Account]
) -> None:
    found = found_along(walk, people(two_models, next(some)))
    assert found == [], "\n".join(found)


def found_along(walk: Walk, person: Person) -> list[str]:
    found = []
    for state, page in walk(person):
        found += [f"{state}, {violation}" for violation in violations(page)]
        page.set_viewport_size(DESK)
    return found
