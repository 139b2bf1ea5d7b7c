"""One installation, from its start to its end: in the order in which they stand here."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.docker.deployment import PLANTED, SERVICES, SERVING, Deployment, run
from tests.docker.person import PASSWORD, RECOVERED_WITHIN, Person, reply_in, words
from tests.docker.proxied import get, pong, streamed
from tests.support.browser import Tab

OURS = tuple(service for service in SERVICES if service != "migrate")
ASKED_AGAIN_AFTER = 0.1  # seconds
WITHIN = 60.0  # seconds


@pytest.fixture(scope="module")
def started(installation: Deployment) -> Deployment:
    installation.up()
    return installation


@pytest.fixture(scope="module")
def person(browser: Browser, started: Deployment) -> Person:
    return Person(browser, started.base_url)


@pytest.fixture(scope="module")
def tab(person: Person) -> Tab:
    return person.sign_up()


@pytest.fixture(scope="module")
def conversation(tab: Tab) -> str:
    tab.send(f"/long 40 {PLANTED}-message").expect_status("complete")
    return tab.path


def until(come: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + WITHIN
    while not come():
        assert time.monotonic() < deadline, what
        time.sleep(0.5)


def is_ready(installation: Deployment) -> bool:
    return get(f"{installation.base_url}/readyz")[0] == 200


# -- As it stands ----------------------------------------------------------------------------------


@pytest.mark.parametrize("service", OURS)
def test_each_container_may_do_as_little_as_it_can(started: Deployment, service: str) -> None:
    (container,) = started.containers(service)
    host = started.inspect(container)["HostConfig"]

    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert not host["Privileged"]
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0


@pytest.mark.parametrize("service", SERVING)
def test_each_role_runs_without_rights_and_is_well(started: Deployment, service: str) -> None:
    (container,) = started.containers(service)
    status = started.inspect(container)["State"]["Health"]["Status"]
    rights = started.inside(container, "sh", "-c", "id -u; grep -E '^(CapEff|NoNewPrivs)' /proc/1/status")
    write = started.inside(container, "sh", "-c", "touch /srv/colloquy/x || touch /x", check=False)

    assert status == "healthy"
    assert rights.split() == ["10001", "CapEff:", "0" * 16, "NoNewPrivs:", "1"]
    assert write.count("Read-only file system") == 2


def test_the_proxy_alone_is_reached_from_outside(started: Deployment) -> None:
    published = {
        service: started.inspect(started.containers(service)[0])["NetworkSettings"]["Ports"]
        for service in OURS
    }
    networks = json.loads(run("docker", "network", "inspect", "colloquy-test_data", "colloquy-test_front"))

    assert [service for service, ports in published.items() if any(ports.values())] == ["proxy"]
    assert [network["Internal"] for network in networks] == [True, True]


def test_secrets_are_in_no_environment_and_no_command(started: Deployment) -> None:
    told = "".join(run("docker", "inspect", container) for container in started.containers())
    running = "".join(run("docker", "top", container) for container in started.containers())

    assert [secret for secret in started.secrets() if secret in told + running] == []


def test_every_part_is_ready(started: Deployment) -> None:
    until(lambda: is_ready(started), "not every part is ready")


def test_two_migrations_at_once_do_no_harm(started: Deployment) -> None:
    both = [threading.Thread(target=started.compose, args=("run", "--rm", "migrate")) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert is_ready(started)


def test_counters_are_kept_from_the_outside(started: Deployment) -> None:
    bearer = {"Authorization": f"Bearer {started.secret('metrics_token')}"}

    assert [
        get(f"{started.base_url}{path}", **bearer)[0] for path in ("/metrics", "/metrics/", "//metrics")
    ] == [404] * 3
    for service in SERVING:
        assert started.metric(started.containers(service)[0], "process_resident_memory_bytes") > 0


def test_what_a_client_claims_about_itself_is_not_believed(started: Deployment) -> None:
    claims = {
        "X-Request-ID": "claimed-0123456789",
        "X-Forwarded-Proto": "http",
        "Daphne-Root-Path": "/elsewhere",
    }

    status, headers, body = get(
        f"{started.base_url}/accounts/login/", **claims, **{"X-Forwarded-Host": "evil.example"}
    )

    assert status == 200
    assert headers["x-request-id"] != "claimed-0123456789"
    assert "elsewhere" not in body
    assert "evil.example" not in body


# -- In use ----------------------------------------------------------------------------------------


def test_somebody_signs_up_and_is_answered(person: Person, conversation: str) -> None:
    assert conversation.startswith("/c/")
    assert all(
        cookie["secure"] for cookie in person.context.cookies() if cookie["name"].startswith("__Host-")
    )


def test_one_request_is_followed_through_web_engine_and_worker(
    started: Deployment, conversation: str
) -> None:
    asked = next(event for event in started.events("web") if "is asked for" in event["message"])
    mine = asked["request_id"]

    def lines(service: str) -> list[str]:
        return [event["message"] for event in started.events(service) if event.get("request_id") == mine]

    assert any(" is complete after " in line for line in lines("engine"))
    until(lambda: any("write_title ended with success" in line for line in lines("worker")), "no title task")


def test_a_stream_of_events_comes_as_it_is_written(
    started: Deployment, person: Person, conversation: str
) -> None:
    assert streamed(started.base_url, person, person.open(conversation)) > 1.0


def test_programs_find_their_socket(person: Person, conversation: str) -> None:
    assert pong(person.open(conversation))["action"] == "pong"


def test_three_web_containers_share_the_pages(started: Deployment, person: Person, conversation: str) -> None:
    started.environment["WEBS"] = "3"
    started.up("--no-recreate")
    time.sleep(2)  # what the proxy takes to ask for names again
    tabs = [person.open(conversation) for _ in range(5)]

    reply = tabs[0].send("/long 120")
    for tab in tabs:
        reply_in(tab, reply.id).expect_status("complete")

    assert len({reply_in(tab, reply.id).text for tab in tabs}) == 1
    assert sum(started.metric(web, "colloquy_sockets ") > 0 for web in started.containers("web")) >= 2
    for tab in tabs:
        tab.page.close()


# -- Hurt ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", ["web", "engine", "worker", "valkey", "postgres"])
def test_nothing_is_lost_when_it_is_killed(
    started: Deployment, person: Person, conversation: str, service: str
) -> None:
    tab = person.open(conversation)
    reply = tab.send("/long 400")
    reply.expect_words(20)

    for container in started.containers(service):
        started.kill(container)
    started.up("--no-recreate")

    reply.expect_status("complete", timeout=RECOVERED_WITHIN)
    assert len(words(reply)) == 400
    tab.page.reload()
    assert len(words(reply)) == 400
    tab.page.close()
    until(lambda: is_ready(started), "not every part came back")


def test_a_stop_and_a_start_lose_nothing(started: Deployment, person: Person, conversation: str) -> None:
    before = shown(person, conversation)

    started.remember()
    started.compose("down")
    started.up()

    assert shown(person, conversation) == before


# -- Kept ------------------------------------------------------------------------------------------


def test_a_backup_brings_everything_back(
    started: Deployment, browser: Browser, person: Person, conversation: str, tmp_path: Path
) -> None:
    before = shown(person, conversation)
    for page in person.context.pages:  # an open one would find that an empty installation does not know it
        page.close()
    started.script("backup", tmp_path / "backup.tar")

    started.remember()
    started.compose("down", "--volumes")
    for path in (started.folder / "secrets").iterdir():
        path.unlink()
    started.script("make-secrets")
    started.up()
    started.script("restore", tmp_path / "backup.tar")

    assert (tmp_path / "backup.tar").stat().st_mode & 0o077 == 0
    assert shown(person, conversation) == before
    Person(browser, started.base_url).sign_in()


def test_an_upgrade_turns_nobody_away_and_cuts_no_answer(
    started: Deployment, person: Person, conversation: str
) -> None:
    before = set(started.containers("web") + started.containers("engine"))
    run("docker", "tag", started.environment["IMAGE"], "colloquy-test:next")
    tab = person.open(conversation)
    reply = tab.send("/slow 0.5")
    reply.expect_words(5)

    with asking(started) as answers:
        started.environment["IMAGE"] = "colloquy-test:next"
        started.remember()
        started.script("upgrade", PULL="false")

    reply.expect_status("complete", timeout=RECOVERED_WITHIN)
    assert set(started.containers("web") + started.containers("engine")) & before == set()
    assert set(answers) == {200, 403}  # a form has no token of ours
    tab.send("/long 20").expect_status("complete")
    tab.page.close()


def test_after_an_upgrade_everything_is_as_its_files_say(started: Deployment) -> None:
    before = set(started.containers())

    started.up()

    assert set(started.containers()) == before


# -- Silent ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", SERVING)
def test_each_line_of_its_log_is_an_event(started: Deployment, service: str) -> None:
    assert all({"time", "level", "logger", "message"} <= event.keys() for event in started.events(service))


def test_no_log_holds_what_was_written_or_is_secret(
    started: Deployment, person: Person, conversation: str
) -> None:
    logs = "".join(map(started.logs, SERVICES))
    written = [PLANTED, PASSWORD, person.session(), *started.secrets()]

    assert "Colloquy is at" in logs
    assert [secret for secret in written if secret in logs] == []


def shown(person: Person, conversation: str) -> list[str]:
    tab = person.open(conversation)
    expect(tab.replies.first).to_be_visible(timeout=RECOVERED_WITHIN)
    text = tab.messages.all_inner_texts()
    tab.page.close()
    return text


@contextmanager
def asking(installation: Deployment) -> Iterator[list[Any]]:
    """Statuses of a page that is asked for, and of a form that is sent, again and again until the block ends.

    Once a container has it, the proxy sends no form to another: the first answer is the one that counts.
    """
    form = b"login=a" if sends_text_again(installation) else b""
    answers: list[Any] = []
    ended = threading.Event()

    def ask(body: bytes | None) -> None:
        while not ended.wait(ASKED_AGAIN_AFTER):
            try:
                answers.append(get(f"{installation.base_url}/accounts/login/", body)[0])
            except OSError as error:
                answers.append(repr(error))

    threads = [threading.Thread(target=ask, args=[body]) for body in (None, form, form)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def sends_text_again(installation: Deployment) -> bool:
    """Whether the proxy can send a form to a second container when the first cannot be reached.

    Older ones than the image of compose.yaml, as local stand-ins may be, only can if there is nothing in it.
    """
    version = installation.inside(installation.containers("proxy")[0], "caddy", "version")
    major, minor = re.findall(r"\d+", version)[:2]
    return (int(major), int(minor)) >= (2, 11)
