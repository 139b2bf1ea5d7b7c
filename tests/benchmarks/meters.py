"""What processes cost, as the kernel counts it."""

import os
from collections.abc import Iterable
from pathlib import Path

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGESIZE")
PARENT, USER_TIME, SYSTEM_TIME = 1, 11, 12  # fields of /proc/<pid>/stat behind the name


def cpu_seconds(roots: Iterable[int]) -> float:
    """User and system time so far of processes and all that descend from them."""
    fields = dict(_fields(Path("/proc")))
    family = set(roots)
    while children := {pid for pid in fields.keys() - family if int(fields[pid][PARENT]) in family}:
        family |= children
    times = (fields[pid] for pid in family & fields.keys())
    return sum(int(f[USER_TIME]) + int(f[SYSTEM_TIME]) for f in times) / CLOCK_TICKS


def megabytes(pid: int) -> float:
    """Resident memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 2**20


def pin(pid: int, cores: set[int]) -> None:
    """Keep a process, with the threads that it has and will have, on `cores`."""
    os.sched_setaffinity(pid, cores)
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            os.sched_setaffinity(int(thread.name), cores)
        except ProcessLookupError:  # it has ended meanwhile
            continue


def _fields(proc: Path) -> Iterable[tuple[int, list[str]]]:
    for entry in proc.iterdir():
        if entry.name.isdigit():
            try:
                yield int(entry.name), (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has ended meanwhile
                continue
