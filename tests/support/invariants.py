"""`make invariants`: break each invariant of the design once, in a copy, and name the test that notices.

Exits non-zero if a break goes unnoticed: then a promise of the product has no test that holds it.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
RUN_WITHIN = 180  # seconds: whoever waits for what the break took away has noticed
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".data", ".*_cache", ".hypothesis", "__pycache__")


@dataclass(frozen=True)
class Break:
    """What is promised, and the smallest change of `file` that breaks it; `tests` are asked."""

    number: int
    promise: str
    file: str
    old: str
    new: str
    tests: str


BREAKS = (
    Break(
        1,
        "what a tab shows is a prefix of what is stored",
        "apps/live/mirror.py",
        "        if start > known:\n            return False\n",
        "",
        "tests/live/test_cursor.py",
    ),
    Break(
        2,
        "text is told only when it is stored",
        "apps/generation/journal.py",
        "                verdict = await in_journal(append)(pieces)\n",
        "                verdict = Verdict(stored={piece.message_id for piece in pieces})\n",
        "tests/generation/test_journal.py",
    ),
    Break(
        3,
        "stored text only grows, and never changes once final",
        "apps/chat/sql.py",
        "SET content = content || SUBSTR(",
        "SET content = SUBSTR(",
        "tests/generation",
    ),
    Break(
        3,
        "a final reply takes no more text",
        "apps/chat/sql.py",
        "WHERE m.status = 'streaming' AND m.id IN",
        "WHERE m.id IN",
        "tests/generation/test_append.py",
    ),
    Break(
        4,
        "a fenced attempt stores nothing",
        "apps/generation/append.py",
        "        if attempt == ours[pk]:\n",
        "        if attempt:\n",
        "tests/generation",
    ),
    Break(
        4,
        "one claim wins",
        "apps/generation/claim.py",
        "filter(pk__in=waiting, status=Status.QUEUED)",
        "filter(pk__in=waiting)",
        "tests/generation/test_claim.py",
    ),
    Break(
        5,
        "one client key, one message",
        "apps/chat/actions.py",
        "partial(_send, conversation_id, named, text)",
        "partial(_send, conversation_id, Key(key + str(timezone.now())), text)",
        "tests/chat",
    ),
    Break(
        6,
        "acknowledged means committed",
        "apps/web/consumers.py",
        "                done = await self._grant(command, values)\n",
        "                await self._answer(fragments.accepted(key, '/'))\n"
        "                done = await self._grant(command, values)\n",
        "tests/web/test_consumers.py",
    ),
    Break(
        7,
        "rev order is commit order",
        "apps/chat/revisions.py",
        "        conversation.rev += 1\n",
        "        conversation.rev += 2\n",
        "tests/chat",
    ),
    Break(
        7,
        "snapshot and changes since equal the snapshot now",
        "apps/chat/actions.py",
        "waiting.update(status=Status.STOPPED, rev=conversation.rev)",
        "waiting.update(status=Status.STOPPED)",
        "tests/chat",
    ),
    Break(
        8,
        "pages agree with the store although every event is lost",
        "apps/live/hub.py",
        "                await self.check()\n",
        "                pass\n",
        "tests/live/test_cursor.py",
    ),
    Break(
        9,
        "no reply stays live without a live owner",
        "apps/generation/sweep.py",
        "gone = generation.worker_id in dead or (by_lease and generation.worker_id not in alive)",
        "gone = False",
        "tests/generation/test_sweep.py",
    ),
    Break(
        10,
        "a page that leaves changes no reply",
        "apps/web/consumers.py",
        '        """Say no more; what was asked for is done all the same."""\n',
        '        """Say no more; what was asked for is done all the same."""\n'
        "        from apps.chat.models import Message\n"
        "        await in_database(lambda: Message.objects.live().update(stop_at='2026-01-01T00:00Z'))()\n",
        "tests/web/test_connection_events.py",
    ),
    Break(
        11,
        "stop ends the reply",
        "apps/chat/sql.py",
        "m.stop_at IS NOT NULL OR c.deleted_at",
        "c.deleted_at",
        "tests/generation",
    ),
    Break(
        11,
        "stop closes the provider's call",
        "apps/generation/writing.py",
        "                self.task.cancel()\n",
        "                pass\n",
        "tests/generation/test_engine.py",
    ),
    Break(
        12,
        "complete implies a finish reason",
        "apps/llm/reader.py",
        "        if self.finish_reason is None:\n            raise CutOff\n",
        "        self.finish_reason = self.finish_reason or FinishReason.STOP\n",
        "tests/llm",
    ),
    Break(
        12,
        "the provider is asked again only if nothing was shown",
        "apps/generation/reply.py",
        "writing.first_text_ms is not None\n",
        "False\n",
        "tests/generation/test_engine.py",
    ),
    Break(
        13,
        "memory per reply is bounded",
        "apps/generation/writing.py",
        "            self.has_room.clear()\n",
        "            pass\n",
        "tests/generation/test_journal.py",
    ),
    Break(
        13,
        "no work grows with the history",
        "apps/chat/sql.py",
        "    WHERE p.rank < %s AND p.size < %s\n",
        "    WHERE p.rank < %s + 9999 AND p.size < %s + 9999999\n",
        "tests/chat",
    ),
    Break(
        14,
        "what is somebody else's looks absent",
        "apps/chat/querysets.py",
        "return self.filter(owner=user, deleted_at=None)",
        "return self.filter(deleted_at=None)",
        "tests/chat",
    ),
    Break(
        15,
        "the streamed page equals the reloaded one",
        "apps/web/markdown/drawing.py",
        "            self.closed.append(draw_closed(segment, self._page))\n",
        "            self.closed.append(draw_closed(segment, self._page).upper())\n",
        "tests/web/test_markdown_drawing.py",
    ),
)


def main(numbers: set[str]) -> int:
    """All breaks, or those of the invariants with these numbers."""
    breaks = [broken for broken in BREAKS if not numbers or str(broken.number) in numbers]
    with tempfile.TemporaryDirectory(prefix="colloquy-invariants-") as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(CHECKOUT, copy, ignore=LEFT_OUT)
        unnoticed = sum(not _is_noticed(copy, broken) for broken in breaks)
    sys.stdout.write(f"{len(breaks)} breaks, {unnoticed} unnoticed\n")
    return int(unnoticed > 0)


def _is_noticed(copy: Path, broken: Break) -> bool:
    with changed(copy / broken.file, broken.old, broken.new):
        caught = _failed_test(copy, broken.tests)
    sys.stdout.write(f"{broken.number:>2}  {broken.promise}: {caught or 'UNNOTICED'}\n")
    sys.stdout.flush()
    return bool(caught)


@contextmanager
def changed(path: Path, old: str, new: str) -> Iterator[None]:
    """The file with `new` where it had `old`, once; ends the run if it has not."""
    sound = path.read_text()
    if sound.count(old) != 1:
        sys.exit(f"{path} no longer has, once, the lines that are to be changed:\n{old}")
    path.write_text(sound.replace(old, new))
    try:
        yield
    finally:
        path.write_text(sound)


def _failed_test(copy: Path, tests: str) -> str:
    """The first test that fails in the copy; empty if none does."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "--no-header",
        "-p",
        "no:cacheprovider",
        "--timeout=40",
        *tests.split(),
    ]
    try:
        done = subprocess.run(
            command, cwd=copy, capture_output=True, text=True, check=False, timeout=RUN_WITHIN
        )
    except subprocess.TimeoutExpired:
        return f"{tests}, which comes to no end"
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    if found:
        return found[1]
    return "" if done.returncode == 0 else f"{tests}, which could not run"


if __name__ == "__main__":
    sys.exit(main(set(sys.argv[1:])))
