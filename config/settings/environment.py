"""The environment, read once and typed; the database and bus it names, as Django wants them told."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import environ
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parents[2]


class Environment(environ.Env):  # type: ignore[misc]  # django-environ ships no types
    """The process's environment, in which an empty variable counts as unset: compose files leave such.

    Where `NAME` is unset, `NAME_FILE` may name a file that holds it; an empty one counts as unset, too.
    """

    def get_value(self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, **how: Any) -> Any:
        path = self.ENVIRON.get(f"{var}_FILE")
        if path and not self.ENVIRON.get(var) and (secret := Path(path).read_text().strip()):
            return self.parse_value(secret, cast)
        if default is not self.NOTSET and not self.ENVIRON.get(var):
            return default
        return super().get_value(var, cast, default, **how)


env = Environment()
env.read_env(env.str("ENV_FILE", default="") or ROOT / ".env")

DATA_DIR = Path(env.str("DATA_DIR", default=str(ROOT / ".data"))).resolve()

# Readers never wait for the writer (WAL); writers queue up instead of failing (IMMEDIATE, busy timeout).
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;"
        "PRAGMA cache_size=-8000; PRAGMA journal_size_limit=67108864;"
    ),
}
# Threads that carry async code into the database, by what they are for; see apps/bridge.py.
THREADS = {"journal": 1, "queue": 1, "actions": 4, "views": 2, "lease": 2}
# Each of those keeps a connection; the rest serve requests and tasks, which hold none while they wait for a
# provider or a client. A process that freezes in the middle of a transaction must not keep others from their
# work: its locks are taken from it, and nobody waits long for a lock. `migrate` lifts both limits.
POSTGRES_OPTIONS = {
    "pool": {"min_size": 2, "max_size": sum(THREADS.values()) + 8, "timeout": 2},
    "connect_timeout": 3,
    "options": "-c idle_in_transaction_session_timeout=10s -c lock_timeout=3s",
}


def required(name: str) -> str:
    """The variable `name`, or a sentence that stops the start."""
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(
            f"Set {name} in the environment: Colloquy does not start in production without it."
        )
    return value


def database() -> dict[str, Any]:
    """Django's description of DATABASE_URL, or of a SQLite file in DATA_DIR."""
    url = env.str("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR / 'colloquy.sqlite3'}"
    config = dict(env.db_url_config(url))
    options = SQLITE_OPTIONS if config["ENGINE"].endswith("sqlite3") else POSTGRES_OPTIONS
    config["OPTIONS"] = {**options, **config.get("OPTIONS", {})}
    config["PASSWORD"] = config["PASSWORD"] or env.str("DATABASE_PASSWORD", default="")
    config["CONN_MAX_AGE"] = 0
    config["CONN_HEALTH_CHECKS"] = True
    return config


def redis_url() -> str:
    """REDIS_URL, with REDIS_PASSWORD in it if there is one; empty if no Redis is named."""
    url: str = env.str("REDIS_URL", default="")
    password = env.str("REDIS_PASSWORD", default="")
    scheme, separator, place = url.partition("://")
    return f"{scheme}{separator}:{quote(password, safe='')}@{place}" if url and password else url


def channel_layers(redis_url: str) -> dict[str, Any]:
    """Redis pub/sub, or none when no Redis is named: then there are no other processes to hear."""
    if not redis_url:
        return {}
    layer = {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [redis_url]}}
    return {"default": layer}


def caches(redis_url: str) -> dict[str, Any]:
    """What is counted for a while: in Redis for all processes, or in the memory of the only one."""
    if not redis_url:
        return {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    shared = {
        "BACKEND": "apps.accounts.attempts.SharedCache",
        "LOCATION": redis_url,
        "KEY_PREFIX": "colloquy",
    }
    return {"default": {**shared, "OPTIONS": {"socket_timeout": 1.0}}}


def model_names(name: str) -> tuple[str, ...]:
    """The models that the variable `name` lists; `*` is all of them. It used to be `true` or `false`."""
    listed = tuple(part.strip() for part in env.str(name, default="").split(",") if part.strip())
    return {("true",): ("*",), ("false",): ()}.get(tuple(part.lower() for part in listed), listed)


def broker_url(redis_url: str) -> str:
    """Celery's spelling of the same Redis; its in-process broker when there is none."""
    if redis_url.startswith("unix://"):
        return "redis+socket://" + redis_url.removeprefix("unix://")
    return redis_url or "memory://localhost/"
