"""Secrets at rest: what a stolen copy of the database must not give away.

Fernet (the `cryptography` package) under a key derived from SECRET_KEY; what was sealed under one of
SECRET_KEY_FALLBACKS still opens.
"""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.crypto import salted_hmac

MARK = "sealed:"
OTHER_KEY = "A secret was sealed under another SECRET_KEY: name that in SECRET_KEY_FALLBACKS."


def seal(text: str) -> str:
    return MARK + _keys().encrypt(text.encode()).decode()


def unseal(stored: str) -> str:
    """The text; what was stored before there were seals comes as it is. Raises ImproperlyConfigured."""
    if not stored.startswith(MARK):
        return stored
    try:
        return _keys().decrypt(stored.removeprefix(MARK)).decode()
    except InvalidToken as error:
        raise ImproperlyConfigured(OTHER_KEY) from error


def _keys() -> MultiFernet:
    return MultiFernet([_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str) -> Fernet:
    digest = salted_hmac(__name__, "key", secret, algorithm="sha256").digest()
    return Fernet(urlsafe_b64encode(digest))
