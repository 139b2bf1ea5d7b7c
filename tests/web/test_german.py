"""Somebody who has chosen German meets no English of ours, wherever they go."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse

from apps.accounts.actions import prefer
from apps.accounts.models import User
from apps.bridge import in_database
from apps.web.settings.sections import FORMS
from tests.factories import ConversationFactory
from tests.support.running import running_hub
from tests.support.tab import tab
from tests.support.translations import in_catalogue

CATALOGUE = Path(settings.LOCALE_PATHS[0]) / "de" / "LC_MESSAGES" / "django.po"
NAMES_OF_LANGUAGES = {"English", "Deutsch"}  # each by its own name
ENTRANCE = ["account_login", "account_signup", "account_reset_password"]
INSIDE = ["new", "archive", "palette", "devices", "mfa_index", "account_email", "account_logout"]
SECTIONS = [reverse("settings", args=[slug]) for slug in FORMS]


class Words(HTMLParser):
    """Every text and every attribute of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {
            value
            for name, value in attrs
            if value and (name.startswith(("aria-", "data-")) or name in ("title", "placeholder", "alt"))
        }

    def handle_data(self, data: str) -> None:
        self.found.add(data.strip())


@pytest.fixture(scope="module")
def english() -> set[str]:
    """What is said otherwise in German."""
    catalogue = in_catalogue(CATALOGUE)
    other = {sentence.text for sentence, known in catalogue.items() if sentence.text not in known.forms}
    return other - NAMES_OF_LANGUAGES


@pytest.fixture
def german(owner: User) -> Client:
    prefer(owner, language="de")
    client = Client()
    client.force_login(owner)
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("url", [*map(reverse, INSIDE), *SECTIONS, "/nowhere/"])
def test_pages_are_german_throughout(german: Client, owner: User, english: set[str], url: str) -> None:
    ConversationFactory(owner=owner, title="")

    html = german.get(url).content.decode()

    assert '<html lang="de" dir="ltr">' in html or "palette" in url
    assert Words(html).found & english == set()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ENTRANCE)
def test_the_entrance_is_german_where_the_browser_asks_for_it(
    client: Client, english: set[str], name: str
) -> None:
    html = client.get(reverse(name), headers={"Accept-Language": "de"}).content.decode()

    assert '<html lang="de" dir="ltr">' in html
    assert Words(html).found & english == set()


@pytest.mark.django_db(transaction=True)
async def test_what_comes_over_the_socket_is_german(owner: User, session: str) -> None:
    conversation = await in_database(ConversationFactory)(owner=owner, title="Brücken")
    await in_database(prefer)(owner, language="de")

    async with running_hub(), tab(session, conversation=str(conversation.pk)) as page:
        await page.send(command="rename", conversation=str(conversation.pk), title="Bögen")
        drawn = await page.until("conversation-title")
        await page.send(command="send", conversation=str(conversation.pk), key="k" * 8, text=" ")
        refused = await page.until("composer-error")

    assert "Aktionen für „Bögen“" in drawn
    assert "Schreib erst etwas." in refused


@pytest.mark.django_db
def test_a_letter_is_in_the_voice_of_the_pages(german: Client, owner: User) -> None:
    german.post(reverse("account_email"), {"action_add": "", "email": "other@example.org"})

    letter = str(mail.outbox[0].body)
    assert "Du erhältst diese E-Mail" in letter
    assert "Sie" not in letter.split()
