"""Settings of the product as it is deployed, on a machine without HTTPS; its static files are its own."""

from config.settings.environment import DATA_DIR
from config.settings.prod import *  # noqa: F403 - as the settings of the product themselves

STATIC_ROOT = DATA_DIR / "static"
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "sessionid", "csrftoken"  # those of the tests; `__Host-` wants HTTPS
