"""Chooses what the suite runs on, before Django reads its settings: COLLOQUY_PROFILE=embedded or server.

Embedded is SQLite and the in-memory layer; server is a real PostgreSQL and a real Redis-compatible server,
started for this run, or those that TEST_DATABASE_URL and TEST_REDIS_URL name.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from apps.ops.services import Services

PROFILE = os.environ.get("COLLOQUY_PROFILE", "embedded")
ONCE = bool(
    os.environ.get("COLLOQUY_ONCE")
)  # `make test` runs both profiles: what is the same in both runs in one
# Nothing in these asks which database or bus there is.
SAME_IN_BOTH = (
    "tests/bad_inputs/test_frames.py",
    "tests/bad_inputs/test_protocol.py",
    "tests/browser/test_accounts.py",
    "tests/browser/test_code.py",
    "tests/browser/test_composer.py",
    "tests/llm/",
    "tests/ops/",
    "tests/test_architecture.py",
    "tests/test_checks.py",
    "tests/test_settings.py",
    "tests/web/test_markdown",
)
PRODUCT = ("tests/bad_inputs/", "tests/browser/", "tests/faults/", "tests/ops/")  # these start whole products
UNSET = (
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_MODELS",
    "OPENAI_TIMEOUT",
    "OPENAI_PREFILL",
    "OPENAI_BACKGROUND",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "LOG_LEVEL",
)

_session = ExitStack()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None]:
    if PROFILE not in {"embedded", "server"}:
        raise pytest.UsageError(f"COLLOQUY_PROFILE is {PROFILE!r}: it must be embedded or server")
    data = Path(_session.enter_context(tempfile.TemporaryDirectory(prefix="colloquy-tests-")))
    for name in UNSET:
        os.environ.pop(name, None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ["DATA_DIR"] = str(data)
    os.environ["ENV_FILE"] = os.devnull
    os.environ.update(_server() if PROFILE == "server" else _embedded(data))
    try:
        return (yield)
    except BaseException:
        _session.close()  # the run ends before it has begun: pytest_unconfigure will not come
        raise


def pytest_report_header() -> str:
    return f"profile: {PROFILE}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    browser = chromium()
    for item in items:
        if item.get_closest_marker("browser") and browser is None:
            item.add_marker(pytest.mark.skip(reason="no Chromium: install one, or name it in CHROMIUM"))
    if PROFILE == "server":
        left_out = [item for item in items if _is_embedded_only(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=lambda item: item.nodeid.startswith(PRODUCT))  # what is quick to fail comes first


def _is_embedded_only(item: pytest.Item) -> bool:
    same = ONCE and item.nodeid.startswith(SAME_IN_BOTH)
    return same or item.get_closest_marker("embedded_only") is not None


def pytest_unconfigure() -> None:
    _session.close()


def chromium() -> str | None:
    """The browser that the browser tests drive; one without windows takes a third of the processor."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def _embedded(data: Path) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite:///{data / 'colloquy.sqlite3'}", "REDIS_URL": ""}


def _server() -> dict[str, str]:
    services = Services(
        database_url=os.environ.get("TEST_DATABASE_URL", ""),
        redis_url=os.environ.get("TEST_REDIS_URL", ""),
    )
    return _session.enter_context(services).environment()
