import json
from pathlib import Path

import pytest

from tests.support import check, locks
from tests.support.invariants import BREAKS, CHECKOUT, Break
from tests.support.mutations import MUTATIONS, Mutation

FLAW = {"id": "PYSEC-1", "fix_versions": ["2.0"]}


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    (tmp_path / "base.in").write_text("# what it runs on\nDjango_Thing[extra]~=5.2.0\n")
    (tmp_path / "base.txt").write_text("django-thing==5.2.1 \\\n    --hash=sha256:aa\n")
    (tmp_path / "dev.in").write_text("-r base.in\nruff\n")
    (tmp_path / "dev.txt").write_text("django-thing==5.2.1 \\\n    --hash=sha256:aa\nruff==1.0\n")
    return tmp_path


def test_fresh_locks_are_accepted(requirements: Path) -> None:
    assert locks.complaints(requirements) == []


def test_package_without_a_pin_is_named(requirements: Path) -> None:
    (requirements / "dev.in").write_text("-r base.in\nruff\nmypy\n")

    assert locks.complaints(requirements) == ["dev.txt does not hold mypy, which dev.in asks for: make lock"]


def test_pin_outside_the_wanted_range_is_named(requirements: Path) -> None:
    (requirements / "base.in").write_text("django-thing~=6.0\n")

    assert len(locks.complaints(requirements)) == 1


def test_development_pin_apart_from_the_product_is_named(requirements: Path) -> None:
    (requirements / "dev.txt").write_text("django-thing==5.2.2\nruff==1.0\n")

    assert locks.complaints(requirements) == ["dev.txt does not hold the django-thing of base.txt: make lock"]


@pytest.mark.parametrize(
    "line", ["--index-url https://packages.example/simple", "# from https://packages.example"]
)
def test_address_in_a_lock_is_named(requirements: Path, line: str) -> None:
    with (requirements / "base.txt").open("a") as lock:
        lock.write(f"{line}\n")

    assert len(locks.complaints(requirements)) == 1


def test_audit_without_findings_passes() -> None:
    verdict = check.audited(
        0, json.dumps({"dependencies": [{"name": "it", "version": "1.0", "vulns": []}]}), ""
    )

    assert verdict is not None
    assert verdict.ok


def test_audit_finding_fails_and_is_named() -> None:
    report = json.dumps({"dependencies": [{"name": "it", "version": "1.0", "vulns": [FLAW]}]})

    verdict = check.audited(1, report, "Found 1 known vulnerability")

    assert verdict == check.Verdict(ok=False, text="it 1.0: PYSEC-1, mended in ['2.0']")


def test_audit_without_a_connection_is_no_verdict() -> None:
    assert check.audited(1, "", "requests.exceptions.ConnectionError: no route") is None


def test_audit_that_breaks_otherwise_fails() -> None:
    verdict = check.audited(1, "", "KeyError: 'version'")

    assert verdict == check.Verdict(ok=False, text="KeyError: 'version'")


@pytest.mark.parametrize("change", [*BREAKS, *MUTATIONS], ids=lambda change: change.file)
def test_what_is_broken_on_purpose_is_still_there(change: Break | Mutation) -> None:
    assert (CHECKOUT / change.file).read_text().count(change.old) == 1
