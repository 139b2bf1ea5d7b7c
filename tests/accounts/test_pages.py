"""Every page of allauth's, in the product's face and within its policy."""

import re
import time
from collections.abc import Callable

import pytest
from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.account.models import EmailConfirmationHMAC
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from apps.accounts.models import User
from tests.accounts.test_accounts import PASSWORD
from tests.factories import UserFactory
from tests.support.passkey import passkey
from tests.web.test_csp import INLINE, POLICY, policy_of

pytestmark = pytest.mark.django_db

ENTRANCE = {
    "account_login": "Welcome back",
    "account_signup": "Create your account",
    "account_inactive": "This account is closed",
    "account_email_verification_sent": "Check your email",
    "account_reset_password": "Reset your password",
    "account_reset_password_done": "Check your email",
    "account_reset_password_from_key_done": "Password changed",
}
INSIDE = {
    "account_logout": "Sign out of Colloquy?",
    "account_reauthenticate": "Confirm that it is you",
    "account_email": "Email addresses",
    "account_change_password": "Change your password",
    "mfa_index": "Sign-in and security",
    "mfa_reauthenticate": "Confirm that it is you",
    "mfa_reauthenticate_webauthn": "Confirm that it is you",
    "mfa_deactivate_totp": "Switch the authenticator app off?",
    "mfa_view_recovery_codes": "Recovery codes",
    "mfa_generate_recovery_codes": "Make new recovery codes?",
    "mfa_list_webauthn": "Passkeys",
    "mfa_add_webauthn": "Add a passkey",
    "mfa_edit_webauthn": "Rename a passkey",
    "mfa_remove_webauthn": "Remove “Blue key”?",
}
SEPARATELY = {  # in tests of their own
    "account_confirm_email", "account_reset_password_from_key", "account_set_password",
    "mfa_authenticate", "mfa_activate_totp",
}  # fmt: skip
NO_PAGES = {
    "account_confirm_login_code",  # leads away: nobody signs in by mailed codes
    "mfa_login_webauthn",  # takes a passkey's answer
    "mfa_download_recovery_codes",  # plain text
}


@pytest.fixture
def user(db: None) -> User:
    """Somebody with every second factor there is."""
    user = UserFactory(password=PASSWORD)
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=passkey("Blue key"))
    return user


@pytest.fixture
def inside(client: Client, user: User) -> Client:
    client.force_login(user)
    return confirmed(client)


def confirmed(client: Client) -> Client:
    """The same, having proved a moment ago who they are."""
    session = client.session
    proof = {"method": "password", "at": time.time(), "reauthenticated": True}
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [proof]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = session["_auth_user_id"]
    session.save()
    return client


def names_below(prefix: str) -> set[str]:
    def walk(patterns: list[object]) -> set[str]:
        found: set[str] = set()
        for pattern in patterns:
            found |= {pattern.name} if isinstance(pattern, URLPattern) else walk(pattern.url_patterns)
        return found

    return next(walk(p.url_patterns) for p in get_resolver().url_patterns if str(p.pattern) == prefix)


def heading(response: HttpResponse) -> str:
    html = response.content.decode()
    assert response.status_code == 200
    assert '<main class="page-main' in html
    assert html.count("<h1>") == html.count("<main") == html.count("<!DOCTYPE") == 1
    assert re.search(r"<title>[^<\n]+ · Colloquy</title>", html)
    assert INLINE.findall(html) == []
    return re.findall(r"<h1>(.*?)</h1>", html)[0]


def test_every_address_of_allauths_is_looked_at() -> None:
    assert names_below("accounts/") == {*ENTRANCE, *INSIDE, *SEPARATELY, *NO_PAGES}


@pytest.mark.parametrize(("name", "title"), ENTRANCE.items())
def test_a_page_of_the_entrance_has_our_face(client: Client, name: str, title: str) -> None:
    assert heading(client.get(reverse(name))) == title
    assert policy_of(client, reverse(name)) == POLICY


@pytest.mark.parametrize(("name", "title"), INSIDE.items())
def test_a_page_inside_has_our_face(inside: Client, user: User, name: str, title: str) -> None:
    needs_key = name in {"mfa_edit_webauthn", "mfa_remove_webauthn"}
    key = Authenticator.objects.get(user=user, type=Authenticator.Type.WEBAUTHN)
    url = reverse(name, args=[key.pk] if needs_key else [])

    assert heading(inside.get(url)) == title
    assert policy_of(inside, url) == POLICY


@pytest.mark.parametrize("name", [name for name in INSIDE if name.startswith("mfa_") or "password" in name])
def test_what_belongs_to_security_is_marked_so(inside: Client, name: str) -> None:
    if name in {"mfa_edit_webauthn", "mfa_remove_webauthn"} or "reauthenticate" in name:
        return
    html = inside.get(reverse(name)).content.decode()

    assert f'href="{reverse("mfa_index")}" aria-current="page"' in html


@pytest.mark.parametrize("name", INSIDE)
def test_a_stranger_is_led_to_the_entrance(client: Client, user: User, name: str) -> None:
    key = Authenticator.objects.get(user=user, type=Authenticator.Type.WEBAUTHN)
    needs_key = name in {"mfa_edit_webauthn", "mfa_remove_webauthn"}

    response = client.get(reverse(name, args=[key.pk] if needs_key else []))

    assert response.status_code == 302
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("name", ["mfa_edit_webauthn", "mfa_remove_webauthn"])
def test_somebody_elses_passkey_is_absent(client: Client, user: User, stranger: User, name: str) -> None:
    key = Authenticator.objects.get(user=user, type=Authenticator.Type.WEBAUTHN)
    client.force_login(stranger)

    url = reverse(name, args=[key.pk])

    assert confirmed(client).get(url).status_code == 404
    assert client.post(url, {"name": "Mine"}).status_code == 404
    assert Authenticator.objects.filter(pk=key.pk, data__name="Blue key").exists()


def test_a_confirmed_address_and_a_used_link_have_our_face(client: Client, user: User) -> None:
    address = user.emailaddress_set.create(email=user.email, primary=True)
    key = EmailConfirmationHMAC.create(address).key

    fresh = client.get(reverse("account_confirm_email", args=[key]))
    broken = client.get(reverse("account_confirm_email", args=["no-such-key"]))

    assert heading(fresh) == "Confirm your email address"
    assert heading(broken) == "This link no longer works"


def test_a_mailed_link_to_a_new_password_has_our_face(
    client: Client, user: User, mailoutbox: list[object]
) -> None:
    client.post(reverse("account_reset_password"), {"email": user.email})
    link = next(word for word in mailoutbox[0].body.split() if "/password/reset/key/" in word)

    assert heading(client.get(link, follow=True)) == "Choose a new password"
    url = reverse("account_reset_password_from_key", args=["1", "no-such-key"])
    assert heading(client.get(url)) == "This link no longer works"


def test_whoever_has_no_password_sets_one(client: Client, owner: User) -> None:
    client.force_login(owner)

    assert heading(client.get(reverse("account_set_password"))) == "Set a password"
    assert client.get(reverse("account_change_password"))["Location"] == reverse("account_set_password")


def test_the_second_step_of_signing_in_has_our_face(client: Client, user: User) -> None:
    fields = {"login": user.email, "password": PASSWORD}

    step = client.post(reverse("account_login"), fields, follow=True)

    assert step.redirect_chain == [(reverse("mfa_authenticate"), 302)]
    assert heading(step) == "One more step"
    assert "_auth_user_id" not in client.session


def test_a_code_is_shown_to_be_scanned(client: Client, owner: User) -> None:
    client.force_login(owner)

    response = confirmed(client).get(reverse("mfa_activate_totp"))

    assert heading(response) == "Set up an authenticator app"
    assert '<img class="qr" src="data:image/svg+xml;base64,' in response.content.decode()
    assert response.context["form"].secret in response.content.decode()


def test_recovery_codes_are_text_to_keep(inside: Client, user: User) -> None:
    response = inside.get(reverse("mfa_download_recovery_codes"))

    assert response["Content-Type"].startswith("text/plain")
    assert len(response.content.split()) >= 10


@pytest.mark.parametrize(
    "change", [lambda user: None, lambda user: user.authenticator_set.all().delete()], ids=["with", "without"]
)
def test_the_overview_says_what_there_is(
    inside: Client, user: User, change: Callable[[User], object]
) -> None:
    change(user)

    html = inside.get(reverse("mfa_index")).content.decode()

    has = user.authenticator_set.exists()
    assert ("Blue key" in html, "Recovery codes" in html, "Switch off" in html) == (has,) * 3
    assert ("Set up" in html) != has


def test_sensitive_pages_ask_once_more_who_it_is(client: Client, user: User) -> None:
    client.force_login(user)

    for name in ("mfa_add_webauthn", "mfa_deactivate_totp", "mfa_view_recovery_codes"):
        assert client.get(reverse(name))["Location"].startswith(reverse("account_reauthenticate"))


def test_administrators_come_in_by_the_same_entrance(client: Client) -> None:
    response = client.get("/admin/", follow=True)

    assert heading(response) == "Welcome back"
    assert response.redirect_chain[-1][0].startswith(reverse("account_login"))
