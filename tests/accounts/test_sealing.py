import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from apps.accounts.models import User
from apps.accounts.sealing import seal, unseal


def test_what_is_sealed_opens_again_and_shows_nothing() -> None:
    sealed = seal("JBSWY3DPEHPK3PXP")

    assert "JBSWY3DPEHPK3PXP" not in sealed
    assert seal("JBSWY3DPEHPK3PXP") != sealed
    assert unseal(sealed) == "JBSWY3DPEHPK3PXP"


def test_what_was_stored_before_there_were_seals_is_as_it_was() -> None:
    assert unseal("JBSWY3DPEHPK3PXP") == "JBSWY3DPEHPK3PXP"


def test_a_former_key_opens_what_it_sealed(settings: Settings) -> None:
    sealed, former = seal("secret"), settings.SECRET_KEY

    settings.SECRET_KEY = "another"
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FALLBACKS"):
        unseal(sealed)
    settings.SECRET_KEY_FALLBACKS = [former]

    assert unseal(sealed) == "secret"


def test_no_row_holds_the_secret_of_an_authenticator(owner: User) -> None:
    secret = generate_totp_secret()

    TOTP.activate(owner, secret)

    stored = Authenticator.objects.get()
    assert secret not in str(stored.data)
    assert TOTP(stored).validate_code(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
