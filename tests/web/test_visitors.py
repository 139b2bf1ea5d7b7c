import pytest
from django.contrib.sessions.models import Session
from pytest_django import Settings

from apps.accounts.models import User
from apps.bridge import in_database
from apps.web.pump import HERE
from tests.support.running import running_hub
from tests.support.tab import tab
from tests.support.typed_socket import OURS, typed_socket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def another_key(session: str, settings: Settings) -> None:
    """The owner has signed in under the one before."""
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]


@pytest.mark.usefixtures("another_key")
async def test_pages_open_under_a_former_key_come_back_again_and_again(session: str) -> None:
    async with running_hub():
        for _ in range(2):
            async with tab(session) as page:
                await page.send(command="ping")
                await page.until(HERE)


@pytest.mark.usefixtures("another_key")
async def test_programs_in_such_a_session_are_let_in(session: str) -> None:
    async with running_hub(), typed_socket(session=session, origin=OURS) as program:
        assert (await program.ask("ping"))["action"] == "pong"


@pytest.mark.parametrize("end", ["password", "blocked"])
async def test_a_session_that_lets_nobody_in_is_not_touched(owner: User, session: str, end: str) -> None:
    ended = {"is_active": False} if end == "blocked" else {"password": "another"}
    await in_database(User.objects.filter(pk=owner.pk).update)(**ended)

    async with tab(session) as page:
        assert await page.closed() == 4001

    assert await in_database(Session.objects.filter(pk=session).exists)()
