"""The local default, faster; nothing here changes what is tested."""

from config.settings.base import DATABASES
from config.settings.dev import *  # noqa: F403
from config.settings.environment import DATA_DIR

SECRET_KEY = "test-only"  # noqa: S105 - nothing outside the tests is signed with it
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ACCOUNT_RATE_LIMITS = False
# The engine writes from threads of its own: they need a file, an in-memory database is one thread's.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
