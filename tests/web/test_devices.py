import uuid

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.accounts import devices
from apps.accounts.devices import devices_of, sign_out, sign_out_elsewhere
from apps.accounts.events import AccessEnded
from apps.accounts.models import Device, User
from apps.accounts.sessions import session_hash
from apps.bridge import in_database
from apps.events import Event
from apps.web import presence
from apps.web.browsers import browser_of
from tests.support.running import running_bus
from tests.support.tab import tab

pytestmark = pytest.mark.django_db

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604.1"
)
LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    events: list[Event] = []
    monkeypatch.setattr(devices, "publish_on_commit", lambda *published: events.extend(published))
    return events


def signed_in(user: User, agent: str = LAPTOP) -> Client:
    """A browser that has asked for a page."""
    client = Client(headers={"User-Agent": agent})
    client.force_login(user)
    client.get(reverse("devices"))
    return client


def device_of(client: Client) -> Device:
    return Device.objects.get(session_id=client.session.session_key)


def test_each_browser_is_listed_this_one_first(owner: User, stranger: User) -> None:
    here, _there, _theirs = signed_in(owner), signed_in(owner, PHONE), signed_in(stranger)

    response = here.get(reverse("devices"))

    assert [entry["browser"] for entry in response.context["devices"]] == [
        "Firefox on Linux",
        "Safari on iPhone",
    ]
    assert [entry["is_this"] for entry in response.context["devices"]] == [True, False]
    assert "127.0.0.1" in response.content.decode()


def test_signing_out_elsewhere_ends_that_session_and_tells(owner: User, told: list[Event]) -> None:
    here, there = signed_in(owner), signed_in(owner, PHONE)
    key = there.session.session_key

    here.post(reverse("devices"), {"device": str(device_of(there).pk)})

    assert told == [AccessEnded(user_id=owner.pk, session_hash=session_hash(key))]
    assert there.get("/")["Location"].startswith(reverse("account_login"))
    assert here.get("/").status_code == 200


def test_signing_out_everywhere_else_leaves_this_one(owner: User, stranger: User, told: list[Event]) -> None:
    here, there, theirs = signed_in(owner), signed_in(owner, PHONE), signed_in(stranger)

    here.post(reverse("devices"), {"device": "others"})

    assert len(told) == 1
    assert [client.get("/").status_code for client in (here, there, theirs)] == [200, 302, 200]


@pytest.mark.parametrize("wrong", ["", "x", str(uuid.uuid4())])
def test_a_device_that_is_not_there_is_absent(owner: User, wrong: str) -> None:
    assert signed_in(owner).post(reverse("devices"), {"device": wrong}).status_code == 404


def test_somebody_elses_device_is_absent(owner: User, stranger: User) -> None:
    theirs = signed_in(stranger)

    response = signed_in(owner).post(reverse("devices"), {"device": str(device_of(theirs).pk)})

    assert response.status_code == 404
    assert theirs.get("/").status_code == 200


def test_a_device_ends_with_its_session(owner: User) -> None:
    client = signed_in(owner)
    client.post(reverse("account_logout"))

    assert devices_of(owner) == []
    assert not Device.objects.exists()


def test_a_session_that_another_password_has_ended_is_no_device(owner: User) -> None:
    signed_in(owner)
    owner.set_password("another calm place")
    owner.save()

    assert devices_of(owner) == []


def test_a_session_begun_under_a_former_key_is_a_device(owner: User, settings: Settings) -> None:
    device = device_of(signed_in(owner))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]

    assert devices_of(owner) == [device]


def test_a_changed_password_signs_out_everywhere_else(owner: User) -> None:
    owner.set_password("a calm place to talk")
    owner.save()
    here, there = signed_in(owner), signed_in(owner, PHONE)
    fields = {"oldpassword": "a calm place to talk", "password1": "another calm place"}

    here.post(reverse("account_change_password"), {**fields, "password2": "another calm place"})

    assert [client.get("/").status_code for client in (here, there)] == [200, 302]
    assert Session.objects.filter(pk=there.session.session_key).count() == 0


def test_being_seen_is_stored_once_in_a_while(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client, seen = signed_in(owner), []
    monkeypatch.setattr(presence, "see", lambda *_, **how: seen.append(how))
    now = presence.time.monotonic()

    for later in (10, 299, 301, 310):
        monkeypatch.setattr(presence.time, "monotonic", lambda later=later: now + later)
        client.get("/")

    assert len(seen) == 1


def test_a_note_that_cannot_be_made_keeps_nobody_out(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("locked")

    monkeypatch.setattr(presence, "see", fail)

    assert signed_in(owner).get("/").status_code == 200


def test_the_list_is_bounded(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "MOST_LISTED", 2)
    for _ in range(3):
        signed_in(owner)

    assert len(devices_of(owner)) == 2


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (LAPTOP, "Firefox on Linux"),
        (PHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/130.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18.1 Safari/605.1", "Safari on macOS"),
        ("curl/8.5.0", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_named_as_its_owner_knows_it(agent: str, name: str) -> None:
    assert browser_of(agent) == name


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", ["one", "others"])
async def test_open_pages_there_are_closed_at_once(owner: User, end: str) -> None:
    def two() -> tuple[Client, Client]:
        return signed_in(owner), signed_in(owner, PHONE)

    here, there = await in_database(two)()
    keys = [client.cookies["sessionid"].value for client in (here, there)]

    async with running_bus(), tab(keys[0]) as ours, tab(keys[1]) as theirs:
        for page in (ours, theirs):
            await page.send(command="ping")
            await page.until("here")
        device = await in_database(device_of)(there)
        ended = (sign_out, device.pk) if end == "one" else (sign_out_elsewhere, keys[0])
        await in_database(ended[0])(owner, ended[1])

        assert await theirs.closed() == 4001
        await ours.send(command="ping")
        await ours.until("here")
