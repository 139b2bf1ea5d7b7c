"""The local default: everything in one process, no configuration needed."""

import secrets

from config.settings.base import *  # noqa: F403
from config.settings.environment import DATA_DIR, env


def _kept_secret() -> str:
    """A secret of this checkout's own, kept so that sessions outlive a restart."""
    path = DATA_DIR / "secret_key"
    if not path.exists():
        path.write_text(secrets.token_urlsafe(50))
        path.chmod(0o600)
    return path.read_text()


SECRET_KEY = env.str("SECRET_KEY", default="") or _kept_secret()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
FIRST_ACCOUNT_IS_ADMIN = True
ACCOUNT_EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", default="none")
MFA_ALLOW_UNVERIFIED_EMAIL = ACCOUNT_EMAIL_VERIFICATION == "none"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # http://localhost, which browsers trust with passkeys
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
