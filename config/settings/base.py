"""What every deployment shares. Values come from the environment; see the README's table."""

import logging
from typing import Any

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from config.settings.environment import (
    DATA_DIR,
    ROOT,
    THREADS,
    broker_url,
    caches,
    channel_layers,
    database,
    env,
    model_names,
    redis_url,
)

BASE_DIR = ROOT
DATA_DIR.mkdir(parents=True, exist_ok=True)

INSTALLED_APPS = [
    "whitenoise.runserver_nostatic",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "apps.accounts",
    "apps.chat",
    "apps.oversight",
    "apps.generation",
    "apps.web",
    "apps.api",
    "apps.ops",
]

MIDDLEWARE = [
    "apps.ops.requests.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # of no certain length: what is secret cannot be guessed by size
    "apps.api.problems.ProblemsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.web.personal.PersonalMiddleware",
    "apps.web.presence.PresenceMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.web.context.product",
            ],
        },
    },
]

# -- Storage and bus -------------------------------------------------------------------------------

REDIS_URL = redis_url()
DATABASES = {"default": database()}
BRIDGE_THREADS: dict[str, int] = THREADS
CHANNEL_LAYERS = channel_layers(REDIS_URL)
CACHES = caches(REDIS_URL)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Without a broker of its own the web process runs background tasks too.
TASKS_IN_PROCESS = not REDIS_URL
ENGINE_IN_WEB = env.bool("ENGINE_IN_WEB", default=True)
DRAIN_SECONDS = env.float("DRAIN_SECONDS", default=5.0)
PORT = env.int("PORT", default=8000)
TRUST_PROXY_HEADERS = env.bool("TRUST_PROXY_HEADERS", default=False)
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
SIDE_PORT = env.int("SIDE_PORT", default=0)

CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"visibility_timeout": 300, "socket_timeout": 5, "socket_connect_timeout": 2}
    if REDIS_URL
    else {"polling_interval": 0.05}
)
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
# Beat counts intervals from its own start and would never get to long ones where it is often started anew:
# those are times of the clock, and each hour has one, as not everybody runs at night.
CELERY_BEAT_SCHEDULE = {
    "beat": {"task": "apps.ops.tasks.beat", "schedule": 10.0, "options": {"expires": 10}},
    "title-what-a-lost-queue-forgot": {"task": "apps.generation.tasks.title_forgotten", "schedule": 60.0},
    "forget-traces": {"task": "apps.chat.tasks.forget_traces", "schedule": crontab(minute="10")},
    "forget-tokens": {"task": "apps.accounts.tasks.forget_tokens", "schedule": crontab(minute="20")},
    "clear-expired-sessions": {
        "task": "apps.ops.tasks.clear_expired_sessions",
        "schedule": crontab(minute="30"),
    },
}

# -- Models ----------------------------------------------------------------------------------------

OPENAI_API_KEY = env.str("OPENAI_API_KEY", default="")
OPENAI_BASE_URL = env.str("OPENAI_BASE_URL", default="")
OPENAI_MODELS = tuple(env.list("OPENAI_MODELS", default=["gpt-4o-mini"]))
OPENAI_TIMEOUT = env.float("OPENAI_TIMEOUT", default=90.0)
OPENAI_PREFILL = model_names("OPENAI_PREFILL")
OPENAI_BACKGROUND = model_names("OPENAI_BACKGROUND")

# -- People ----------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "apps.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "apps.accounts.forms.LoginForm",
    "signup": "apps.accounts.forms.SignupForm",
    "reset_password": "apps.accounts.forms.ResetPasswordForm",
    "add_email": "apps.accounts.forms.AddEmailForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", default="optional")
ACCOUNT_LOGOUT_REDIRECT_URL = reverse_lazy("account_login")
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
MFA_ADAPTER = "apps.accounts.adapter.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Colloquy"
MFA_TOTP_TOLERANCE = 1  # half a minute: phones' clocks differ
MFA_ALLOW_UNVERIFIED_EMAIL = ACCOUNT_EMAIL_VERIFICATION == "none"
FIRST_ACCOUNT_IS_ADMIN = False

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10  # seconds that a mail server may hold up whoever waits for a page
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Colloquy <noreply@localhost>")

# Keys that were in use before SECRET_KEY: what they signed or sealed stays good.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

# -- Programs --------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_SCHEMA_CLASS": "apps.api.documents.operation.DoorSchema",
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "Colloquy",
    "VERSION": "1",
    "DESCRIPTION": (ROOT / "apps/api/documents/openapi.md").read_text(encoding="utf-8"),
    "SERVERS": [{"url": "/api/v1"}],
    "TAGS": [
        {"name": "Conversations", "description": "Found, begun, changed, deleted and taken back."},
        {
            "name": "Messages",
            "description": "What was said: the active path, the tree, one message; sending.",
        },
        {"name": "Replies", "description": "What can be done to what was said."},
        {"name": "Events", "description": "What changes, as it changes, in streams of server-sent events."},
        {"name": "Queue", "description": "Messages that were sent while an answer ran."},
        {"name": "Yourself", "description": "As whom you are let in, and what you can ask."},
    ],
    "POSTPROCESSING_HOOKS": ["apps.api.documents.finish.finished"],
    "SORT_OPERATIONS": False,  # as the routes are
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENABLE_DJANGO_DEPLOY_CHECK": False,  # ours is stricter
}

# -- The browser -----------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "font-src": [SELF],
        "frame-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 2**20

STATIC_URL = "static/"
STATIC_ROOT = ROOT / "staticfiles"
STATICFILES_DIRS = [ROOT / "static"]
WHITENOISE_ROOT = ROOT / "static" / "root"  # what must stand at the root to be heard

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [ROOT / "templates" / "locale", ROOT / "templates" / "locale_allauth"]
TIME_ZONE = "UTC"
USE_TZ = True

# -- Logging: what happened, never what was said -----------------------------------------------------

LOG_FORMAT = env.str("LOG_FORMAT", default="line")
logging.captureWarnings(LOG_FORMAT == "json")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {"()": "apps.ops.logs.JsonLines"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "apps": {"level": env.str("LOG_LEVEL", default="INFO")},
        "django.request": {"level": "ERROR"},  # requests have lines of ours
        "django.security": {"level": "CRITICAL"},  # no traceback of what anybody can send
        "celery.app.trace": {"level": "CRITICAL"},  # and so have tasks
        "httpx2": {"level": "WARNING"},  # it would log the addresses it calls
    },
}
