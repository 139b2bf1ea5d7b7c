"""`make test`: the suite on both profiles. Both always run; one failure fails. Arguments go to pytest."""

import os
import subprocess
import sys
import time

PROFILES = ("embedded", "server")
NOTHING_SELECTED = 5  # pytest's exit code for it: arguments may name tests of one profile only


def main(arguments: list[str]) -> int:
    lines, failed = [], False
    for profile in PROFILES:
        began = time.monotonic()
        command = [sys.executable, "-m", "pytest", *arguments]
        done = subprocess.run(command, env={**os.environ, "COLLOQUY_PROFILE": profile}, check=False)
        passed = done.returncode == 0 or (arguments and done.returncode == NOTHING_SELECTED)
        failed = failed or not passed
        lines.append(f"{profile:<9} {time.monotonic() - began:6.1f} s  {'passed' if passed else 'FAILED'}\n")
    sys.stdout.write("".join(lines))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
