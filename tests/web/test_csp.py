import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import ReplyFactory

pytestmark = pytest.mark.django_db

POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "connect-src": ["'self'"],
    "worker-src": ["'self'"],
    "font-src": ["'self'"],
    "frame-src": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
FOR_ALL = ["/no-such-page", "/admin/login/"]
FOR_STRANGERS = ["account_login", "account_signup", "account_reset_password", "account_reset_password_done"]
FOR_PEOPLE = ["new", "account_logout", "account_email", "account_change_password"]
FOR_STAFF = ["admin:index", "admin:chat_conversation_changelist", "admin:accounts_user_add"]
EVIL = """<script>alert(1)</script><img src=x onerror=alert(1)> [a](javascript:alert(1))

```js
x
```

$x^2$"""
INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|<script(?![^>]*\s(?:src=|type=\"application/json\"))",
    re.IGNORECASE,
)


def policy_of(client: Client, url: str) -> dict[str, list[str]]:
    header = client.get(url)["Content-Security-Policy"]
    directives = [directive.split() for directive in header.split(";") if directive.strip()]
    return {name: sorted(sources) for name, *sources in directives}


@pytest.mark.parametrize("url", FOR_ALL)
def test_whatever_is_answered_carries_the_policy(client: Client, url: str) -> None:
    assert policy_of(client, url) == POLICY


@pytest.mark.parametrize("name", FOR_STRANGERS)
def test_pages_of_the_entrance_carry_it(client: Client, name: str) -> None:
    assert policy_of(client, reverse(name)) == POLICY


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_pages_for_people_carry_it(page: Client, name: str) -> None:
    assert policy_of(page, reverse(name)) == POLICY


@pytest.mark.parametrize("name", FOR_STAFF)
def test_pages_for_staff_carry_it(admin_client: Client, name: str) -> None:
    assert policy_of(admin_client, reverse(name)) == POLICY


def test_a_refused_form_carries_it() -> None:
    response = Client(enforce_csrf_checks=True).post(reverse("account_login"))

    assert response.status_code == 403
    assert response["Content-Security-Policy"]


@pytest.mark.parametrize("name", [*FOR_STRANGERS, *FOR_PEOPLE])
def test_no_page_needs_more_than_it_allows(client: Client, page: Client, name: str) -> None:
    html = (page if name in FOR_PEOPLE else client).get(reverse(name), follow=True).content.decode()

    assert "</html>" in html
    assert INLINE.findall(html) == []


def test_a_transcript_needs_no_more_whatever_was_written(page: Client) -> None:
    owner = page.get("/").wsgi_request.user
    reply = ReplyFactory(content=EVIL, parent__conversation__owner=owner, parent__content=EVIL)

    html = page.get(reverse("conversation", args=[reply.conversation_id])).content.decode()

    assert "&lt;script&gt;" in html
    tags = "".join(re.findall(r"<[a-z][^>]*>", html))
    assert INLINE.findall(tags) == []


@pytest.mark.parametrize("url", FOR_ALL)
def test_no_page_may_be_framed_sniffed_or_leak_where_one_was(client: Client, url: str) -> None:
    response = client.get(url)

    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
