"""Asks the process of this container whether it can do its part; the exit code says it.

    python -I -S healthcheck.py [PORT]

A program of its own, because it runs every few seconds: loading the product would take longer than asking it.
Each role answers for itself: web for its database, an engine for its lease, a worker for hearing itself
through the broker, beat for what it has sent. So a missing engine makes no web process ill.
"""

import http.client
import sys

WITHIN = 4.0  # seconds


def main(port: int) -> int:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=WITHIN)
    try:
        asked.request("GET", "/readyz/self")
        answer = asked.getresponse()
        sys.stdout.write(answer.read(1_000).decode("utf-8", "replace"))
    except OSError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return 0 if answer.status == http.client.OK else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 8000))
