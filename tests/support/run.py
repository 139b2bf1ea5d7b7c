"""`make test`: the suite on both profiles, or of it what the arguments say. One failure fails."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product

PROFILES = ("embedded", "server")
ALL = (["tests/browser"], ["tests", "--ignore=tests/browser"])  # the longest first
AT_ONCE = 2  # one leaves half of two cores idle
NOTHING_SELECTED = 5  # pytest's exit code for it: arguments may name tests of one profile only


def main(arguments: list[str]) -> int:
    """What each run printed follows at the end, one after the other."""
    runs = product(PROFILES, [arguments] if arguments else ALL)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        done = list(threads.map(lambda each: run(*each), runs))
    for output, _, _ in done:
        sys.stdout.write(output)
    sys.stdout.write("".join(verdict for _, verdict, _ in done))
    return int(not all(passed for _, _, passed in done))


def run(profile: str, arguments: list[str]) -> tuple[str, str, bool]:
    """What a profile's run printed, how long it took, and whether it passed."""
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", *arguments]
    environment = {**os.environ, "COLLOQUY_PROFILE": profile, "COLLOQUY_ONCE": "1"}
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    passed = done.returncode == 0 or bool(arguments and done.returncode == NOTHING_SELECTED)
    took = f"{time.monotonic() - began:6.1f} s"
    verdict = f"{profile:<9} {took}  {'passed' if passed else 'FAILED'}  {' '.join(arguments)}\n"
    return done.stdout, verdict, passed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
