import pytest
from django.core.management import call_command

from apps.accounts.models import User


@pytest.mark.django_db
def test_an_administrator_comes_from_the_command_line(monkeypatch, settings):
    settings.FIRST_ACCOUNT_IS_ADMIN = False
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a calm place to talk")

    call_command("createsuperuser", email="admin@example.org", interactive=False, verbosity=0)

    user = User.objects.get()
    assert (user.email, user.is_staff, user.is_superuser) == ("admin@example.org", True, True)
    assert user.check_password("a calm place to talk")
