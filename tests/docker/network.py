"""Interfaces come and go with containers, and Chromium gives up whatever it is asking for at that moment."""

import time
from pathlib import Path

ADDRESSES, INTERFACES = Path("/proc/net/if_inet6"), Path("/sys/class/net")
CALM_FOR = 3.0  # seconds: a new interface gets the last of its addresses within two
CALM_WITHIN = 60.0
LOOK_EVERY = 0.2


def wait_until_calm() -> None:
    """Return once nothing about them has changed for a while; what is not Linux counts as calm."""
    deadline = time.monotonic() + CALM_WITHIN
    seen, since = _interfaces(), time.monotonic()
    while time.monotonic() - since < CALM_FOR:
        assert time.monotonic() < deadline, f"The network does not come to rest: {seen}"
        time.sleep(LOOK_EVERY)
        if (now := _interfaces()) != seen:
            seen, since = now, time.monotonic()


def _interfaces() -> tuple[str, list[str]]:
    addresses = ADDRESSES.read_text() if ADDRESSES.exists() else ""
    return addresses, sorted(path.name for path in INTERFACES.glob("*"))
