from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the account of the database servers may pass through; pytest's own are closed to it."""
    with TemporaryDirectory(prefix="colloquy-open-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
