import pytest
from django.utils import timezone, translation

from apps.accounts.actions import prefer
from apps.accounts.models import User
from apps.bridge import in_database
from apps.web import consumers
from tests.support.tab import tab

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def spoken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The language in which each command was granted."""
    languages: list[str] = []
    monkeypatch.setattr(consumers, "perform", lambda *_: languages.append(translation.get_language()))
    return languages


async def test_a_socket_speaks_the_language_that_its_person_chose(
    owner: User, session: str, spoken: list[str]
) -> None:
    await in_database(prefer)(owner, language="de")

    async with tab(session) as page:
        await page.send(command="rename")

    assert spoken == ["de"]


async def test_without_a_choice_it_speaks_that_of_its_browser(session: str, spoken: list[str]) -> None:
    for accepted in ("de-AT, en;q=0.3", "fr"):
        async with tab(session, languages=accepted) as page:
            await page.send(command="rename")

    assert spoken == ["de", "en"]


async def test_it_tells_times_as_they_are_where_its_person_is(
    owner: User, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    zones: list[str] = []
    monkeypatch.setattr(consumers, "perform", lambda *_: zones.append(timezone.get_current_timezone_name()))

    for zone in ("Asia/Tokyo", "", "America/New_York"):
        await in_database(prefer)(owner, time_zone=zone)
        async with tab(session) as page:
            await page.send(command="rename")

    assert zones == ["Asia/Tokyo", "UTC", "America/New_York"]
