"""Memory that is freed goes back to the system, so that one large request does not stay with us for good;
and the collector leaves alone what is there for good."""

import ctypes
import gc
from asyncio import selector_events

# Names and numbers of glibc's malloc.h.
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
LARGE = 128 * 1024  # bytes; left to itself, glibc raises this with the largest block it has seen freed
COLLECT_EVERY = 20_000  # new objects: with Python's 700, a tenth of a busy process's time goes into it
RECEIVE = 64 * 1024  # bytes; asyncio makes room for 256 KiB at every read: asked of the system each time
ARENAS = 2  # left to itself, every thread that handles a request keeps a heap of its own


def return_freed_memory() -> None:
    """Tell the allocator, where there is one to tell; others have no such settings."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in ((MMAP_THRESHOLD, LARGE), (TRIM_THRESHOLD, LARGE), (ARENA_MAX, ARENAS)):
            mallopt(option, value)
    selector_events._SelectorSocketTransport.max_size = RECEIVE  # type: ignore[attr-defined]  # its own knob


def settle_memory() -> None:
    """Everything is loaded: let the collector look at new objects only, and less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY)
