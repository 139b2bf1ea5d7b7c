"""Sockets that a process was started with, by systemd or by the process before it."""

import os
import socket


def address_of(fd: int) -> tuple[str, int]:
    """Host and port of the listening socket `fd`; raises ValueError, with a sentence, if it is none."""
    try:
        inherited = socket.socket(fileno=os.dup(fd))
    except OSError:
        raise ValueError(f"File descriptor {fd} is no socket that this process was started with.") from None
    with inherited:
        if inherited.family != socket.AF_INET or not inherited.getsockopt(
            socket.SOL_SOCKET, socket.SO_ACCEPTCONN
        ):
            raise ValueError(f"File descriptor {fd} is no listening IPv4 socket.")
        host, port = inherited.getsockname()
    return host, port
