"""Stands in for `docker` where scripts are tested: its containers are lines in a file.

`DOCKER_STATE` names the file: `running` and `stopped` are lists of ids by service, `broken` those of which no
new one gets well, `calls` what it was asked. At the command `HURT_AT` it sends who asks the signal `HURT_BY`.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

State = dict[str, Any]


def main(arguments: list[str]) -> int:
    path = Path(os.environ["DOCKER_STATE"])
    state = json.loads(path.read_text())
    state["calls"].append(" ".join(arguments))
    answer = _compose if arguments[0] == "compose" else _docker
    code = answer(state, [part for part in arguments if part != "compose"])
    path.write_text(json.dumps(state))
    return code


def _compose(state: State, arguments: list[str]) -> int:
    command, services = arguments[0], [part for part in arguments if part in state["running"]]
    if command == "ps":
        kinds = ("running", "stopped") if "--all" in arguments else ("running",)
        sys.stdout.writelines(f"{each}\n" for kind in kinds for each in state[kind].get(services[0], []))
    elif command == "up" and services:
        return _up(state, services[0], arguments)
    elif command == "rm":
        state["stopped"][services[0]] = []
    elif command == os.environ.get("HURT_AT"):
        os.kill(os.getppid(), signal.Signals[os.environ["HURT_BY"]])
    return 0


def _up(state: State, service: str, arguments: list[str]) -> int:
    running = state["running"][service]
    wanted = next((int(part.split("=")[1]) for part in arguments if part.startswith(f"{service}=")), 1)
    made = [f"{service}-made-{len(state['calls'])}-{n}" for n in range(len(running), wanted)]
    state["running"][service] = [*running, *made]
    return 1 if made and service in state["broken"] else 0


def _docker(state: State, arguments: list[str]) -> int:
    command, ids = arguments[0], set(arguments[1:])
    if command == "wait":
        sys.stdout.write("0\n")
    elif command in {"stop", "rm"}:
        if not any(each in ids for each in _ids(state)):
            return 1  # as the real one says without any
        for service, running in state["running"].items():
            still = [*state["stopped"].get(service, []), *(each for each in running if each in ids)]
            state["running"][service] = [each for each in running if each not in ids]
            state["stopped"][service] = (
                still if command == "stop" else [each for each in still if each not in ids]
            )
    return 0


def _ids(state: State) -> list[str]:
    return [each for kind in ("running", "stopped") for found in state[kind].values() for each in found]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
