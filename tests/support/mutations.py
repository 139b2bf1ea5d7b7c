"""`make drill-mutations`: take one safeguard out of a copy at a time, and see whether a short drill notices.

Exits non-zero if one is not missed, or if the drill finds fault with the code as it is.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.invariants import CHECKOUT, LEFT_OUT, changed

RUN_WITHIN = 900  # seconds: a busy machine takes its time to start a stack
SEED = "7"
FOUND = re.compile(r"^! (.+?): ", re.MULTILINE)


@dataclass(frozen=True)
class Mutation:
    """A safeguard, the smallest change of `file` that takes it out, and the faults that call for it."""

    safeguard: str
    file: str
    old: str
    new: str
    faults: str
    rounds: int = 6


MUTATIONS = (
    Mutation(
        "store before telling",
        "apps/generation/journal.py",
        "                verdict = await in_journal(append)(pieces)\n",
        "                for writing, piece in zip(writings, pieces, strict=True):\n"
        "                    conversation_id, text = writing.claim.conversation_id, piece.text\n"
        "                    told = {'message_id': piece.message_id, 'start': piece.start, 'text': text}\n"
        "                    await publish_now(ChunkAdded(conversation_id=conversation_id, **told))\n"
        "                verdict = await in_journal(append)(pieces)\n",
        "outage-engine-kill",
    ),
    Mutation(
        "fence attempts off",
        "apps/generation/append.py",
        "        if attempt == ours[pk]:\n",
        "        if attempt:\n",
        "engine-outlived",
        rounds=4,
    ),
    Mutation(
        "repair gaps",
        "apps/live/mirror.py",
        "        if start > known:\n            return False\n",
        "",
        "redis-kill redis-stop",
    ),
    Mutation(
        "acknowledge after the commit",
        "apps/web/consumers.py",
        "                done = await self._grant(command, values)\n",
        "                await self._answer(fragments.accepted(key, '/'))\n"
        "                done = await self._grant(command, values)\n",
        "postgres-kill outage-web-kill",
    ),
    Mutation(
        "know a key again",
        "apps/chat/asking.py",
        "role=Role.USER, content=text, **key.columns",
        "role=Role.USER, content=text",
        "send-twice page-cut",
    ),
    Mutation(
        "sweep after dead workers",
        "apps/generation/sweep.py",
        "gone = generation.worker_id in dead or (by_lease and generation.worker_id not in alive)",
        "gone = False",
        "engine-kill",
    ),
)


def main(safeguards: list[str]) -> int:
    """All mutations and the control, or those whose safeguard has one of these words in it."""
    chosen = [m for m in MUTATIONS if not safeguards or any(word in m.safeguard for word in safeguards)]
    with tempfile.TemporaryDirectory(prefix="colloquy-mutations-") as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(CHECKOUT, copy, ignore=LEFT_OUT)
        every_fault = sorted({fault for mutation in chosen for fault in mutation.faults.split()})
        sound = not _findings(copy, every_fault, rounds=len(every_fault))
        _say("nothing taken out", "no finding" if sound else "FINDINGS")
        missed = [mutation for mutation in chosen if not _is_noticed(copy, mutation)]
    return int(bool(missed) or not sound)


def _is_noticed(copy: Path, mutation: Mutation) -> bool:
    with changed(copy / mutation.file, mutation.old, mutation.new):
        found = _findings(copy, mutation.faults.split(), rounds=mutation.rounds)
    _say(mutation.safeguard, ", ".join(sorted(found)) or "NOT MISSED")
    return bool(found)


def _findings(copy: Path, faults: list[str], *, rounds: int) -> set[str]:
    """The checks that a drill in the copy does not pass."""
    options = {"--rounds": str(rounds), "--seed": SEED, "--settled-within": "30"}
    command = [sys.executable, "manage.py", "drill", *(word for pair in options.items() for word in pair)]
    done = subprocess.run(
        [*command, "--only", *faults],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_WITHIN,
    )
    found = set(FOUND.findall(done.stdout))
    if bool(done.returncode) != bool(found):
        sys.exit(f"The drill could not run.\n{done.stdout}\n{done.stderr}")
    return found


def _say(safeguard: str, what: str) -> None:
    sys.stdout.write(f"{safeguard:<30} {what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
