"""These need a container engine: `make test-docker` runs them, `make test` leaves them out."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.docker.deployment import Deployment, deployment
from tests.support.browser import running_browser

collect_ignore_glob = [] if os.environ.get("COLLOQUY_DOCKER") else ["test_*.py"]


@pytest.fixture(scope="session")
def installation() -> Iterator[Deployment]:
    with deployment() as made:
        made.compose("build", "--quiet")
        yield made


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser
