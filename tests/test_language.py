"""The product speaks one language so far, the same to everybody, and every sentence can be translated."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.functional import Promise

from apps.web import wording

PAGES = ["account_login", "account_signup", "account_reset_password"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["de", "ar, fr;q=0.9"])
def test_a_page_is_english_whatever_the_browser_prefers(client: Client, name: str, language: str) -> None:
    url = reverse(name)

    response = client.get(url, headers={"Accept-Language": language})

    assert '<html lang="en" dir="ltr">' in response.content.decode()
    assert response["Content-Language"] == "en"
    assert _without_tokens(response.content) == _without_tokens(client.get(url).content)


def test_every_sentence_about_a_reply_can_be_translated() -> None:
    sentences = [*wording.ERRORS.values(), *wording.REJECTIONS.values(), wording.STOPPED, wording.LENGTH]

    assert all(isinstance(sentence, Promise) for sentence in sentences)


def _without_tokens(html: bytes) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", html.decode())
