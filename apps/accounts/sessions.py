"""What may be said about a session without giving it away."""

import hashlib


def session_hash(session_key: str | None) -> str:
    """A name for a session that opens nothing: safe on the bus and in logs."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:32]
