"""`make test`: the suite on both profiles. One failure fails. Arguments go to pytest."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

PROFILES = ("embedded", "server")
NOTHING_SELECTED = 5  # pytest's exit code for it: arguments may name tests of one profile only


def main(arguments: list[str]) -> int:
    """Both at once, for one leaves half of two cores idle; what they printed follows, one after the other."""
    with ThreadPoolExecutor(len(PROFILES)) as threads:
        runs = list(threads.map(lambda profile: run(profile, arguments), PROFILES))
    for output, _, _ in runs:
        sys.stdout.write(output)
    sys.stdout.write("".join(verdict for _, verdict, _ in runs))
    return int(not all(passed for _, _, passed in runs))


def run(profile: str, arguments: list[str]) -> tuple[str, str, bool]:
    """What a profile's run printed, how long it took, and whether it passed."""
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", *arguments]
    environment = {**os.environ, "COLLOQUY_PROFILE": profile, "COLLOQUY_ONCE": "1"}
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    passed = done.returncode == 0 or bool(arguments and done.returncode == NOTHING_SELECTED)
    verdict = f"{profile:<9} {time.monotonic() - began:6.1f} s  {'passed' if passed else 'FAILED'}\n"
    return done.stdout, verdict, passed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
