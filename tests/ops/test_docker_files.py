"""What an installation in containers promises is in its files, with an engine to run it or without."""

import re
from typing import Any

import pytest
import yaml

from apps.ops.drain import MARGIN
from apps.ops.stack import CHECKOUT

DOCKER = CHECKOUT / "docker"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]
ROLES = ("web", "engine", "worker", "beat", "migrate")
# By the image, or because a container has no use for another value.
DECIDED = {"ENV_FILE", "DATA_DIR", "PORT", "LOG_FORMAT", "SIDE_PORT", "DJANGO_SETTINGS_MODULE"}
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEY|EMAIL_URL")


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_may_do_as_little_as_it_can(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_machine_with_one_processor_will_do(name: str) -> None:
    assert "cpus" not in SERVICES[name]  # an engine refuses to start what asks for more than there are


def test_the_proxy_alone_publishes_ports() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert [name for name, service in SERVICES.items() if "outside" in service["networks"]] == ["proxy"]


def test_only_an_engine_that_can_speaks_ipv6() -> None:
    outside = yaml.safe_load((DOCKER / "compose.yaml").read_text())["networks"]["outside"]

    assert outside["enable_ipv6"] == "${IPV6:-false}"
    assert "no AAAA record" in (CHECKOUT / "README.md").read_text()


def test_database_and_bus_stand_where_nothing_leads_out() -> None:
    assert [SERVICES[name]["networks"] for name in ("postgres", "valkey")] == [["data"], ["data"]]


@pytest.mark.parametrize(
    "image",
    [
        SERVICES["postgres"]["image"],
        SERVICES["valkey"]["image"],
        SERVICES["proxy"]["build"]["args"]["CADDY"],
    ],
)
def test_others_images_are_of_a_known_version(image: str) -> None:
    assert re.search(r":-[a-z/]+:\d+(\.\d+)*\}$", image)


def test_what_the_proxy_is_told_is_part_of_its_image() -> None:
    text = (DOCKER / "Dockerfile").read_text()

    assert "COPY --chmod=444 docker/Caddyfile /etc/caddy/Caddyfile" in text
    assert SERVICES["proxy"]["build"]["target"] == "proxy"
    assert not any("Caddyfile" in volume for volume in SERVICES["proxy"]["volumes"])


def test_a_checkout_that_others_may_not_read_becomes_an_image_that_runs() -> None:
    assert "chmod -R a+rX /srv/colloquy" in (DOCKER / "Dockerfile").read_text()


def test_one_image_is_for_every_role() -> None:
    assert {SERVICES[name]["image"] for name in ROLES} == {"${IMAGE:-colloquy}"}


@pytest.mark.parametrize("name", SERVICES)
def test_secrets_come_as_files(name: str) -> None:
    named = {key for key in SERVICES[name].get("environment", {}) if SECRET.search(key)}

    assert [key for key in named if not key.endswith("_FILE")] == []


@pytest.mark.parametrize("name", ["web", "engine"])
def test_who_drains_is_given_the_time(name: str) -> None:
    (given,) = re.findall(rf"^change {name} (\d+)$", (DOCKER / "upgrade.sh").read_text(), re.MULTILINE)

    assert float(given) >= float(SERVICES[name]["environment"]["DRAIN_SECONDS"]) + MARGIN


def test_a_plain_stop_waits_for_web_but_for_nobody_long() -> None:
    grace = {name: float(SERVICES[name]["stop_grace_period"].removesuffix("s")) for name in ("web", "engine")}

    assert grace["web"] >= float(SERVICES["web"]["environment"]["DRAIN_SECONDS"]) + MARGIN
    assert max(grace.values()) <= 60


@pytest.mark.parametrize("name", ["web", "engine", "worker"])
def test_a_former_key_reaches_whoever_opens_what_it_sealed(name: str) -> None:
    service = SERVICES[name]

    assert service["environment"]["SECRET_KEY_FALLBACKS_FILE"] == "/run/secrets/secret_key_fallbacks"
    assert "secret_key_fallbacks" in service["secrets"]


def test_what_the_readme_lets_an_operator_set_is_passed_on_or_decided() -> None:
    rows = re.findall(r"^\| (`[A-Z][^|]*) \|", (CHECKOUT / "README.md").read_text(), re.MULTILINE)
    named = set(re.findall(r"`([A-Z_]{4,})`", " ".join(rows)))
    environment = SERVICES["web"]["environment"]
    passed_on = {name.removesuffix("_FILE") for name in environment}

    assert len(named) > 20
    assert named - passed_on == DECIDED


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
