"""Memory that is freed goes back to the system, so that one large request does not stay with us for good."""

import ctypes

# Names and numbers of glibc's malloc.h.
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
LARGE = 128 * 1024  # bytes; left to itself, glibc raises this with the largest block it has seen freed
ARENAS = 2  # left to itself, every thread that handles a request keeps a heap of its own


def return_freed_memory() -> None:
    """Tell the allocator, where there is one to tell; others have no such settings."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in ((MMAP_THRESHOLD, LARGE), (TRIM_THRESHOLD, LARGE), (ARENA_MAX, ARENAS)):
            mallopt(option, value)
