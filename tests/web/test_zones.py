from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Preferences, User
from apps.chat.models import Message
from apps.web.personal import zone_of
from tests.factories import ReplyFactory

pytestmark = pytest.mark.django_db

JUNK = [
    "",
    "Nowhere/Land",
    "../../etc/passwd",
    "/etc/passwd",
    "America",
    "x" * 5_000,
    "%00",
    "é",
    "Europe/Berlin/..",
]


@pytest.fixture
def reply(owner: User) -> Message:
    reply = ReplyFactory(parent__conversation__owner=owner)
    Message.objects.update(created_at=datetime(2025, 3, 5, 23, 30, tzinfo=UTC))
    return reply


def shown(page: Client, reply: Message) -> str:
    return page.get(reverse("conversation", args=[reply.conversation_id])).content.decode()


def test_times_are_those_of_the_browser(page: Client, reply: Message) -> None:
    page.cookies["zone"] = quote("Asia/Tokyo", safe="")

    html = shown(page, reply)

    assert 'data-date="Thursday, March 6, 2025"' in html
    assert 'datetime="2025-03-06T08:30:00+09:00">8:30 a.m.</time>' in html
    assert 'data-zone="Asia/Tokyo"' in html


def test_a_chosen_zone_counts_before_the_browsers(page: Client, owner: User, reply: Message) -> None:
    page.cookies["zone"] = "Asia/Tokyo"
    Preferences.objects.create(user=owner, time_zone="America/New_York")

    assert 'data-zone="America/New_York" data-zone-chosen' in shown(page, reply)


def test_no_zone_outlives_its_request(page: Client, reply: Message) -> None:
    page.cookies["zone"] = "Asia/Tokyo"
    shown(page, reply)
    page.cookies["zone"] = ""

    assert 'data-zone="UTC"' in shown(page, reply)


@pytest.mark.parametrize("junk", JUNK)
def test_what_is_no_zone_is_passed_over(page: Client, reply: Message, junk: str) -> None:
    page.cookies["zone"] = quote(junk, safe="%")

    assert 'data-zone="UTC"' in shown(page, reply)
    assert zone_of(Preferences(time_zone=junk), {"zone": "Asia/Tokyo"}).key == "Asia/Tokyo"
