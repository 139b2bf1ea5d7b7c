import re
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.accounts.models import Preferences, User, preferences_of
from apps.chat.text import MAX_INSTRUCTIONS
from apps.web.settings.forms import time_zone_choices
from apps.web.settings.sections import FORMS, GROUPS

pytestmark = pytest.mark.django_db


def url(slug: str) -> str:
    return reverse("settings", args=[slug])


def labelled(html: str) -> list[str]:
    """What of the list of sections is marked as the current one."""
    return re.findall(r'href="([^"]*)" aria-current="page"', html)


@pytest.mark.parametrize("slug", FORMS)
def test_each_section_is_a_form_that_names_itself_in_the_list(page: Client, slug: str) -> None:
    html = page.get(url(slug)).content.decode()

    assert labelled(html) == [url(slug)]
    assert f'<form class="form" method="post" action="{url(slug)}">' in html


@pytest.mark.parametrize("slug", FORMS)
def test_a_stranger_is_led_to_the_entrance(client: Client, slug: str) -> None:
    assert client.get(url(slug))["Location"].startswith(reverse("account_login"))
    assert client.post(url(slug), {"theme": "dark"})["Location"].startswith(reverse("account_login"))


def test_every_section_of_the_list_is_there(page: Client) -> None:
    for _title, group in GROUPS:
        for section in group:
            assert page.get(section.url).status_code == 200


def test_settings_begin_with_the_first_section(page: Client) -> None:
    assert page.get(reverse("all_settings"))["Location"] == url("profile")


def test_a_section_that_never_was_is_absent(page: Client) -> None:
    assert page.get(url("no-such")).status_code == 404


@pytest.mark.parametrize(
    ("slug", "field", "value", "stored"),
    [
        ("appearance", "theme", "dark", "dark"),
        ("language", "language", "de", "de"),
        ("language", "time_zone", "Europe/Berlin", "Europe/Berlin"),
        ("instructions", "instructions", "Be brief.\r\n  Be kind. ", "Be brief.\n  Be kind. "),
        ("instructions", "instructions", " \u200b\n", ""),
        ("instructions", "instructions", "a\0b", "ab"),
        ("writing", "enter_sends", "False", False),
        ("notifications", "notify", "on", True),
    ],
)
def test_what_is_chosen_is_stored_and_shown(
    page: Client, *, slug: str, field: str, value: str, stored: object
) -> None:
    response = page.post(url(slug), {field: value}, follow=True)

    assert response.redirect_chain == [(url(slug), 302)]
    assert "Saved." in response.content.decode()
    assert getattr(Preferences.objects.get(), field) == stored
    assert response.context["form"].initial[field] == stored


def test_a_choice_leaves_the_others_and_other_people_alone(page: Client, owner: User, stranger: User) -> None:
    Preferences.objects.create(user=owner, instructions="Be brief.", theme="dark")

    page.post(url("writing"), {"enter_sends": "False"})

    kept = preferences_of(owner)
    assert (kept.instructions, kept.theme, kept.enter_sends) == ("Be brief.", "dark", False)
    assert not Preferences.objects.filter(user=stranger).exists()


@pytest.mark.parametrize(
    ("slug", "values"),
    [
        ("appearance", {"theme": "purple"}),
        ("appearance", {}),
        ("language", {"language": "xx"}),
        ("language", {"time_zone": "Europe/../etc"}),
        ("instructions", {"instructions": "é" * (MAX_INSTRUCTIONS + 1)}),
        ("writing", {"enter_sends": "perhaps"}),
        ("profile", {"name": "é" * 61}),
    ],
)
def test_what_cannot_be_is_told_beside_the_field(
    page: Client, owner: User, slug: str, values: dict[str, str]
) -> None:
    response = page.post(url(slug), values)

    assert response.status_code == 422
    assert 'class="errorlist"' in response.content.decode()
    assert not Preferences.objects.exists()
    owner.refresh_from_db()
    assert owner.first_name == ""


def test_a_name_stands_for_the_address(page: Client, owner: User) -> None:
    page.post(url("profile"), {"name": "  Ada\tLovelace "})

    owner.refresh_from_db()
    assert owner.first_name == "Ada Lovelace"
    assert '<span class="account-name" dir="auto">Ada Lovelace</span>' in page.get("/").content.decode()


class TestModel:
    def test_it_is_no_choice_where_there_is_one(self, page: Client) -> None:
        assert 'name="model_name"' not in page.get(url("writing")).content.decode()

    def test_it_is_chosen_where_there_are_several(
        self, page: Client, owner: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.web.settings.forms.model_names", lambda: ("one", "two"))

        page.post(url("writing"), {"model_name": "two", "enter_sends": "True"})
        refused = page.post(url("writing"), {"model_name": "three", "enter_sends": "True"})

        assert preferences_of(owner).model_name == "two"
        assert refused.status_code == 422


class TestTheme:
    def head(self, client: Client, path: str = "/") -> str:
        return client.get(path, follow=True).content.decode().partition("<title>")[0]

    def test_the_system_decides_unless_somebody_does(self, page: Client) -> None:
        head = self.head(page)

        assert "data-theme" not in head
        assert 'content="light dark"' in head
        assert head.count('name="theme-color" media="(prefers-color-scheme:') == 2

    @pytest.mark.parametrize(("theme", "colour"), [("light", "#fbfbf8"), ("dark", "#15191a")])
    def test_a_chosen_one_is_there_from_the_first_byte(self, page: Client, theme: str, colour: str) -> None:
        page.post(url("appearance"), {"theme": theme})

        head = self.head(page)
        assert f' data-theme="{theme}">' in head
        assert f'<meta name="color-scheme" content="{theme}">' in head
        assert re.findall(r'name="theme-color" content="(.*?)"', head) == [colour]

    @pytest.mark.parametrize("path", ["/accounts/login/", "/no-such-page"])
    def test_it_stays_in_that_browser_after_signing_out(self, page: Client, path: str) -> None:
        page.post(url("appearance"), {"theme": "dark"}, follow=True)
        page.post(reverse("account_logout"))

        assert 'data-theme="dark"' in self.head(page, path)

    def test_the_system_takes_over_again(self, page: Client) -> None:
        page.post(url("appearance"), {"theme": "dark"}, follow=True)
        page.post(url("appearance"), {"theme": "system"}, follow=True)
        page.post(reverse("account_logout"))

        assert "data-theme" not in self.head(page)

    def test_a_cookie_of_somebody_elses_making_is_no_theme(self, client: Client) -> None:
        client.cookies["theme"] = '"><script>'

        assert "data-theme" not in self.head(client)


def test_every_colour_has_a_value_for_the_light_and_one_for_the_dark() -> None:
    css = (configured.BASE_DIR / "static" / "css" / "tokens.css").read_text()

    colours = dict(re.findall(r"(--(?:color|code)-[\w-]+): (.*?);", css))

    assert {name for name, value in colours.items() if "light-dark(" not in value} == {"--color-paper"}
    assert len(colours) >= 30


class TestLanguage:
    def language(self, client: Client, path: str = "/") -> str:
        response = client.get(path, follow=True, headers={"Accept-Language": "en"})
        return re.findall(r'<html lang="(\w+)"', response.content.decode())[0]

    def test_a_chosen_one_wins_over_the_browsers(self, page: Client) -> None:
        page.post(url("language"), {"language": "de"}, follow=True)

        assert self.language(page) == "de"

    def test_it_stays_in_that_browser_after_signing_out(self, page: Client) -> None:
        page.post(url("language"), {"language": "de"}, follow=True)
        page.post(reverse("account_logout"))

        assert self.language(page) == "de"

    def test_one_person_s_does_not_reach_another(self, page: Client, client: Client, stranger: User) -> None:
        page.post(url("language"), {"language": "de"}, follow=True)
        client.force_login(stranger)

        assert self.language(client) == "en"

    def test_one_that_is_no_longer_offered_counts_as_none(
        self, page: Client, owner: User, settings: Settings
    ) -> None:
        Preferences.objects.create(user=owner, language="tlh")

        assert self.language(page) == "en"


def test_time_zones_are_those_of_cities() -> None:
    grouped = {group: zones for group, zones in time_zone_choices() if isinstance(zones, list)}

    names = [name for zones in grouped.values() for name, _label in zones]
    assert {"Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kolkata"} <= set(names)
    assert dict(grouped["America"])["America/Argentina/Buenos_Aires"] == "Argentina, Buenos Aires"
    assert all(ZoneInfo(name) for name in names)
