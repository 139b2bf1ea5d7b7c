import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from copy import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from celery.schedules import maybe_schedule
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.celery import app
from config.settings.environment import broker_url, channel_layers, database, model_names, required
from tests.conftest import EXECUTORS
from tests.support.profile import UNSET

CHECKOUT = Path(__file__).resolve().parents[1]
OURS = (*UNSET, "DATABASE_URL", "REDIS_URL")
SECRETS = {"SECRET_KEY": "x" * 60, "ALLOWED_HOSTS": "chat.example.org,www.example.org"}

Load = Callable[..., ModuleType]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Read settings anew from an environment that says nothing else."""

    def load(module: str, data: Path = tmp_path, **environment: str) -> ModuleType:
        with monkeypatch.context() as patch:
            for name in [name for name in sys.modules if name.startswith("config.settings.")]:
                patch.delitem(sys.modules, name)
            patch.setattr("environ.Env.read_env", lambda *_: None)  # a .env of this checkout's
            for name in OURS:
                patch.delenv(name, raising=False)
            for name, value in {"DATA_DIR": str(data), **environment}.items():
                patch.setenv(name, value)
            loaded = importlib.import_module(f"config.settings.{module}")
            sys.modules.pop(loaded.__name__)
        return loaded

    return load


@pytest.fixture
def production(load: Load) -> ModuleType:
    return load("prod", **SECRETS)


class TestProduction:
    def test_cookies_are_for_this_host_by_https_alone(self, production: ModuleType) -> None:
        for kind in ("SESSION", "CSRF"):
            assert getattr(production, f"{kind}_COOKIE_SECURE")
            assert getattr(production, f"{kind}_COOKIE_HTTPONLY")
            assert getattr(production, f"{kind}_COOKIE_SAMESITE") == "Lax"
            assert getattr(production, f"{kind}_COOKIE_NAME").startswith("__Host-")
            assert getattr(production, f"{kind}_COOKIE_DOMAIN", None) is None

    def test_everything_goes_by_https(self, production: ModuleType) -> None:
        assert production.SECURE_SSL_REDIRECT
        assert production.SECURE_HSTS_SECONDS >= 31_536_000

    def test_it_speaks_for_no_other_name_unless_told_to(self, load: Load, production: ModuleType) -> None:
        names = ("SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD")
        told = load("prod", **SECRETS, **dict.fromkeys(names, "true"))

        assert [getattr(production, name) for name in names] == [False, False]
        assert [getattr(told, name) for name in names] == [True, True]

    def test_nobody_becomes_administrator_by_coming_first(self, production: ModuleType) -> None:
        assert production.FIRST_ACCOUNT_IS_ADMIN is False

    def test_nothing_is_shown_that_helps_an_attacker(self, production: ModuleType) -> None:
        assert getattr(production, "DEBUG", False) is False
        assert production.ALLOWED_HOSTS == ["chat.example.org", "www.example.org"]

    @pytest.mark.parametrize("missing", SECRETS)
    def test_a_missing_secret_stops_the_start_with_a_sentence(self, tmp_path: Path, missing: str) -> None:
        production = {"DJANGO_SETTINGS_MODULE": "config.settings.prod", "DATA_DIR": str(tmp_path)}

        done = subprocess.run(
            [sys.executable, "manage.py", "check"],
            cwd=CHECKOUT,
            env={**os.environ, **production, **SECRETS, missing: ""},
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode != 0
        assert f"Set {missing} in the environment" in done.stderr.strip().splitlines()[-1]

    def test_a_secret_that_is_not_there_is_missing_too(self) -> None:
        with pytest.raises(ImproperlyConfigured, match="Set NO_SUCH_SECRET in the environment"):
            required("NO_SUCH_SECRET")


class TestLocally:
    def test_no_configuration_is_needed(self, load: Load, tmp_path: Path) -> None:
        settings = load("dev")

        assert settings.FIRST_ACCOUNT_IS_ADMIN is True
        assert settings.DATABASES["default"]["NAME"] == str(tmp_path / "colloquy.sqlite3")
        assert settings.TASKS_IN_PROCESS is True
        assert settings.CELERY_BROKER_URL == "memory://localhost/"
        assert getattr(settings, "DEBUG", False) is False

    def test_its_secret_outlives_a_restart_and_is_its_owners_alone(self, load: Load, tmp_path: Path) -> None:
        first, second = (load("dev").SECRET_KEY for _ in range(2))

        assert first == second
        assert len(first) >= 50
        assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600

    def test_two_installations_share_no_secret(self, load: Load, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        keys = {load("dev", tmp_path / name).SECRET_KEY for name in ("a", "b")}

        assert len(keys) == 2

    def test_a_redis_brings_background_tasks_to_their_own_workers(self, load: Load, tmp_path: Path) -> None:
        settings = load("dev", REDIS_URL="redis://localhost:6379/0")

        assert settings.TASKS_IN_PROCESS is False
        assert settings.CELERY_TASK_ACKS_LATE is True
        assert settings.CELERY_BROKER_URL == "redis://localhost:6379/0"


@pytest.mark.parametrize(
    ("url", "engine", "name", "host"),
    [
        ("sqlite:////var/lib/colloquy.sqlite3", "sqlite3", "/var/lib/colloquy.sqlite3", ""),
        ("postgres://me:secret@db:5432/colloquy", "postgresql", "colloquy", "db"),
        ("postgresql://me:secret@db/colloquy", "postgresql", "colloquy", "db"),
        ("postgres://me:p%40ss@db/colloquy", "postgresql", "colloquy", "db"),
        ("postgres:////var/run/postgresql/colloquy", "postgresql", "colloquy", "/var/run/postgresql"),
    ],
)
def test_a_database_is_named_by_its_address(
    monkeypatch: pytest.MonkeyPatch, url: str, engine: str, name: str, host: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)

    config = database()

    assert config["ENGINE"] == f"django.db.backends.{engine}"
    assert (config["NAME"], config["HOST"]) == (name, host)


def test_sqlite_lets_readers_and_the_writer_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:////tmp/any.sqlite3")

    options = database()["OPTIONS"]

    assert "journal_mode=WAL" in options["init_command"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert options["timeout"] > 0


def test_postgresql_lets_nobody_wait_long_for_a_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u@h/db")

    options = database()["OPTIONS"]["options"]

    assert "idle_in_transaction_session_timeout=10s" in options
    assert "lock_timeout=3s" in options


def test_requests_find_connections_beside_those_the_bridge_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u@h/db")

    kept = sum(executor._max_workers for executor in EXECUTORS)

    assert database()["OPTIONS"]["pool"]["max_size"] >= kept + 8


def test_postgresql_is_reached_by_a_pool_that_heals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://me@db/colloquy?sslmode=require")

    config = database()

    assert (config["CONN_MAX_AGE"], config["CONN_HEALTH_CHECKS"]) == (0, True)
    assert config["OPTIONS"]["pool"]["max_size"] > 0
    assert config["OPTIONS"]["sslmode"] == "require"


@pytest.mark.parametrize(
    ("redis_url", "broker"),
    [
        ("", "memory://localhost/"),
        ("redis://localhost:6379/0", "redis://localhost:6379/0"),
        ("rediss://:secret@cache:6380/1", "rediss://:secret@cache:6380/1"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock"),
    ],
)
def test_celery_and_the_bus_are_told_of_the_same_redis(redis_url: str, broker: str) -> None:
    layers = channel_layers(redis_url)

    assert broker_url(redis_url) == broker
    assert [layer["CONFIG"]["hosts"] for layer in layers.values()] == ([[redis_url]] if redis_url else [])


@pytest.mark.parametrize(
    ("value", "models"),
    [
        ("", ()),
        ("false", ()),
        ("true", ("*",)),
        ("*", ("*",)),
        ("gpt-5, o3 ,,", ("gpt-5", "o3")),
    ],
)
def test_models_are_named_one_by_one_or_all(
    monkeypatch: pytest.MonkeyPatch, value: str, models: tuple[str, ...]
) -> None:
    monkeypatch.setenv("OPENAI_PREFILL", value)

    assert model_names("OPENAI_PREFILL") == models


@pytest.mark.parametrize("name", settings.CELERY_BEAT_SCHEDULE)
def test_housekeeping_is_done_though_beat_is_started_anew_each_hour(name: str) -> None:
    started = datetime(2030, 1, 1, 14, 5, tzinfo=UTC)
    schedule = copy(maybe_schedule(settings.CELERY_BEAT_SCHEDULE[name]["schedule"], app=app))
    schedule.nowfun = lambda: started + timedelta(minutes=59)

    assert schedule.is_due(started).is_due


class TestSecretsInFiles:
    def test_a_file_stands_in_for_a_variable(self, load: Load, tmp_path: Path) -> None:
        (tmp_path / "key").write_text("from a file\n")

        settings = load("prod", **{**SECRETS, "SECRET_KEY": "", "SECRET_KEY_FILE": str(tmp_path / "key")})

        assert settings.SECRET_KEY == "from a file"

    def test_the_variable_itself_comes_first(self, load: Load, tmp_path: Path) -> None:
        (tmp_path / "key").write_text("from a file")

        settings = load("prod", **SECRETS, SECRET_KEY_FILE=str(tmp_path / "key"))

        assert settings.SECRET_KEY == "x" * 60

    def test_an_empty_file_counts_as_unset(self, load: Load, tmp_path: Path) -> None:
        (tmp_path / "empty").write_text("\n")

        settings = load("dev", OPENAI_API_KEY_FILE=str(tmp_path / "empty"))

        assert settings.OPENAI_API_KEY == ""

    def test_database_and_bus_get_their_passwords(self, load: Load, tmp_path: Path) -> None:
        (tmp_path / "password").write_text("p/w@d")
        urls = {"DATABASE_URL": "postgres://me@db/colloquy", "REDIS_URL": "redis://bus:6379/0"}
        files = {f"{name}_PASSWORD_FILE": str(tmp_path / "password") for name in ("DATABASE", "REDIS")}

        settings = load("dev", **urls, **files)

        assert settings.DATABASES["default"]["PASSWORD"] == "p/w@d"
        assert settings.REDIS_URL == "redis://:p%2Fw%40d@bus:6379/0"
