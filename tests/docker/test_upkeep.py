"""What an operator comes to change: what the proxy is told, the key, a version that turns out not to run."""

import pytest
from playwright.sync_api import Browser

from tests.docker.deployment import Deployment
from tests.docker.network import wait_until_calm
from tests.docker.person import Person
from tests.docker.proxied import get


@pytest.fixture(scope="module")
def started(installation: Deployment) -> Deployment:
    installation.up()
    return installation


def page(installation: Deployment) -> tuple[int, dict[str, str], str]:
    return get(f"{installation.base_url}/accounts/login/")


def test_another_caddyfile_takes_effect(started: Deployment) -> None:
    path = started.folder / "Caddyfile"
    path.write_text(
        path.read_text().replace("reverse_proxy {", "reverse_proxy {\n\t\theader_down X-Changed yes")
    )

    started.up("--build")

    assert page(started)[1]["x-changed"] == "yes"


def test_another_key_signs_nobody_out(started: Deployment, browser: Browser) -> None:
    person = Person(browser, started.base_url)
    conversation = person.sign_up("rotation")
    former = started.secret("secret_key")

    started.script("rotate-key")

    assert started.secret("secret_key") != former
    wait_until_calm()
    conversation.page.reload()
    conversation.send("/long 5").expect_status("complete")
    conversation.page.close()


def test_a_version_that_does_not_run_leaves_the_old_one_serving(started: Deployment) -> None:
    before = {service: started.containers(service) for service in ("engine", "web")}
    command = started.folder.parent / "apps/ops/management/commands/engine.py"
    command.write_text("raise SystemExit('This version does not run')\n")

    with pytest.raises(AssertionError, match="The new engine does not come up"):
        started.script("upgrade", PULL="false")

    assert {service: started.containers(service) for service in ("engine", "web")} == before
    assert page(started)[0] == 200
