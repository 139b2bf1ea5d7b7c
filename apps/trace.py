"""For whom something is done: a request's id, which follows it through web, engine and worker into logs."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LONGEST = 64
VALID = re.compile(rf"[A-Za-z0-9._-]{{8,{LONGEST}}}")

_request_id: ContextVar[str] = ContextVar("request_id", default="")


def request_id() -> str:
    """The id of the request that this code runs for; empty if nobody has asked for it."""
    return _request_id.get()


def fresh() -> str:
    return uuid.uuid4().hex


def admitted(given: str) -> str:
    """The id that a proxy of ours has given, if it is one."""
    return given if VALID.fullmatch(given) else fresh()


@contextmanager
def following(request_id: str) -> Iterator[str]:
    """Have everything in the block done for this request."""
    token = _request_id.set(request_id)
    try:
        yield request_id
    finally:
        _request_id.reset(token)
