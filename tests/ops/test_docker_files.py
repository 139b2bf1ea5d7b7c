"""What an installation in containers promises is in its files, with an engine to run it or without."""

import re
from typing import Any

import pytest
import yaml

from apps.ops.stack import CHECKOUT

DOCKER = CHECKOUT / "docker"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]
ROLES = ("web", "engine", "worker", "beat", "migrate")
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEY|EMAIL_URL")


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_may_do_as_little_as_it_can(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]


def test_the_proxy_alone_publishes_ports() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert [name for name, service in SERVICES.items() if "outside" in service["networks"]] == ["proxy"]


def test_database_and_bus_stand_where_nothing_leads_out() -> None:
    assert [SERVICES[name]["networks"] for name in ("postgres", "valkey")] == [["data"], ["data"]]


@pytest.mark.parametrize("name", ["proxy", "postgres", "valkey"])
def test_others_images_are_of_a_known_version(name: str) -> None:
    assert re.search(r":-[a-z/]+:\d+(\.\d+)*\}$", SERVICES[name]["image"])


def test_one_image_is_for_every_role() -> None:
    assert {SERVICES[name]["image"] for name in ROLES} == {"${IMAGE:-colloquy}"}


@pytest.mark.parametrize("name", SERVICES)
def test_secrets_come_as_files(name: str) -> None:
    named = {key for key in SERVICES[name].get("environment", {}) if SECRET.search(key)}

    assert [key for key in named if not key.endswith("_FILE")] == []


@pytest.mark.parametrize("name", ["web", "engine"])
def test_who_drains_is_given_the_time(name: str) -> None:
    service = SERVICES[name]
    grace = float(service["stop_grace_period"].removesuffix("s"))

    assert grace >= float(service["environment"]["DRAIN_SECONDS"]) + 8  # the watchdog's margin


def test_an_operator_decides_four_things() -> None:
    lines = (DOCKER / "env.example").read_text().splitlines()

    assert len([line for line in lines if line and not line.startswith("#")]) == 4


def test_packages_are_those_of_the_lock() -> None:
    text = (DOCKER / "Dockerfile").read_text()

    assert "--require-hashes --only-binary :all:" in text
    assert re.search(r"^USER colloquy$", text, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK ", text, re.MULTILINE)


@pytest.mark.parametrize("name", ["Caddyfile", "nginx.conf"])
def test_either_proxy_keeps_counters_inside_and_names_requests_itself(name: str) -> None:
    text = (DOCKER / name).read_text()

    assert "/metrics" in text
    assert re.search(r"X-Request-ID (\{http\.request\.uuid\}|\$request_id)", text)
    assert "Daphne-Root-Path" in text
