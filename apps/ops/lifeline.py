"""Becomes another program that dies with the process that asked for it, even on kill -9.

    python -I -S lifeline.py PARENT SIGNAL UID COMMAND...

A program of its own and not a preexec_fn: forking Python code out of a process with threads can deadlock.
The user is changed here too (-1: not at all), because changing it later would clear the request.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    parent, death_signal, uid = map(int, arguments[:3])
    command = arguments[3:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # it died before we could ask
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - the command comes from our own code, without a shell


if __name__ == "__main__":
    main(sys.argv[1:])
