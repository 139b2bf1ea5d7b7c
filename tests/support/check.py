"""`make check`: what can be said about the code without running it. All checks run; one failure fails."""

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.support import locks

CHECKOUT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
AUDIT_WITHIN = 20  # seconds for all look-ups together
UNREACHABLE = re.compile(r"\b(ConnectionError|ConnectTimeout|ReadTimeout|ProxyError)\b")


@dataclass(frozen=True)
class Verdict:
    ok: bool
    text: str = ""  # what is wrong, or what is worth knowing
    note: str = "ok"


def run(*command: str | Path, environment: Mapping[str, str] | None = None) -> Verdict:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=CHECKOUT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Verdict(ok=done.returncode == 0, text=(done.stdout + done.stderr).strip())


def manage(*command: str, settings: str, **environment: str) -> Verdict:
    """A management command with throw-away data, whatever the machine's own environment says."""
    with tempfile.TemporaryDirectory() as data:
        throw_away = {"DATA_DIR": data, "DATABASE_URL": f"sqlite:///{data}/db.sqlite3", "REDIS_URL": ""}
        return run(
            sys.executable,
            "-W",
            "error",
            "manage.py",
            *command,
            environment={**throw_away, "DJANGO_SETTINGS_MODULE": settings, **environment},
        )


def deployment() -> Verdict:
    return manage(
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
        settings="config.settings.prod",
        SECRET_KEY=secrets.token_urlsafe(50),
        ALLOWED_HOSTS="chat.example.org",
        REDIS_URL="redis://localhost:6379/0",
    )


def lock_files() -> Verdict:
    found = locks.complaints(CHECKOUT / "requirements")
    return Verdict(ok=not found, text="\n".join(found))


def audit() -> Verdict:
    """Known vulnerabilities of what is locked. Only a connection that fails is an excuse."""
    command = [
        BIN / "pip-audit",
        "--requirement",
        "requirements/base.txt",
        "--require-hashes",
        "--disable-pip",
    ]
    options = ["--vulnerability-service=osv", "--format=json", "--progress-spinner=off", "--timeout=5"]
    skipped = Verdict(ok=True, note="skipped: no advisory service reachable")
    try:
        done = subprocess.run(
            [*command, *options],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=AUDIT_WITHIN,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return skipped
    return audited(done.returncode, done.stdout, done.stderr) or skipped


def audited(status: int, report: str, errors: str) -> Verdict | None:
    """What the audit found; None if it could not ask."""
    if not report.strip():
        return None if UNREACHABLE.search(errors) else Verdict(ok=False, text=errors)
    found = [
        f"{package['name']} {package.get('version')}: {flaw['id']}, mended in {flaw['fix_versions']}"
        for package in json.loads(report)["dependencies"]
        for flaw in package.get("vulns", [])
    ]
    return Verdict(ok=status == 0 and not found, text="\n".join(found) or errors)


CHECKS: dict[str, Callable[[], Verdict]] = {
    "types": lambda: run(BIN / "mypy"),
    "format": lambda: run(BIN / "ruff", "format", "--check", "--output-format=concise", "."),
    "lint": lambda: run(BIN / "ruff", "check", "--output-format=concise", "."),
    "contracts": lambda: run(BIN / "lint-imports", "--no-cache"),
    "templates": lambda: run(BIN / "djlint", "templates", "--lint", "--quiet"),
    "migrations": lambda: manage("makemigrations", "--check", "--dry-run", settings="config.settings.test"),
    "documents": lambda: manage("api_documents", "--check", settings="config.settings.test"),
    "deployment": deployment,
    "locks": lock_files,
    "audit": audit,
}


def main() -> int:
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        verdicts = list(pool.map(_timed, CHECKS.items()))
    return 0 if all(verdicts) else 1


def _timed(check: tuple[str, Callable[[], Verdict]]) -> bool:
    name, judge = check
    began = time.monotonic()
    verdict = judge()
    note = verdict.note if verdict.ok else f"FAILED\n{verdict.text}\n"
    sys.stdout.write(f"{name:<11} {time.monotonic() - began:5.1f} s  {note}\n")
    sys.stdout.flush()
    return verdict.ok


if __name__ == "__main__":
    sys.exit(main())
