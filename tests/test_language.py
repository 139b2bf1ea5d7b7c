"""The product speaks the languages it has, and every sentence can be translated."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.functional import Promise

from apps.web import wording

PAGES = ["account_login", "account_signup", "account_reset_password"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["en", "ar, fr;q=0.9"])
def test_a_page_is_english_where_nothing_else_is_wanted_that_there_is(
    client: Client, name: str, language: str
) -> None:
    url = reverse(name)

    response = client.get(url, headers={"Accept-Language": language})

    assert '<html lang="en" dir="ltr">' in response.content.decode()
    assert response["Content-Language"] == "en"
    assert _without_tokens(response.content) == _without_tokens(client.get(url).content)


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_german_where_the_browser_prefers_that(client: Client, name: str) -> None:
    response = client.get(reverse(name), headers={"Accept-Language": "de-CH, en;q=0.5"})

    assert '<html lang="de" dir="ltr">' in response.content.decode()
    assert response["Content-Language"] == "de"


def test_every_sentence_about_a_reply_can_be_translated() -> None:
    sentences = [*wording.ERRORS.values(), *wording.REJECTIONS.values(), wording.STOPPED, wording.LENGTH]

    assert all(isinstance(sentence, Promise) for sentence in sentences)


def _without_tokens(html: bytes) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", html.decode())
