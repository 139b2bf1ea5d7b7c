"""How somebody likes it, on whatever they are shown.

Signed out, and while the database is away, a browser's own cookies say what was chosen in it last.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from apps.accounts.models import Preferences, Theme, User, preferences_of

THEME_COOKIE = "theme"
ZONE_COOKIE = "zone"  # where a browser is; static/js/zone.js sets it
REMEMBERED_FOR = 365 * 86_400  # seconds


class PersonalMiddleware:
    """Speaks the language that whoever is signed in has chosen, and has their browser remember it.

    Times are told as they are where that person is, or where their browser says they are.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not isinstance(request.user, User):
            return self._respond(request, remembered(request))
        preferences = preferences_for(request)
        speak(preferences.language)
        response = self._respond(request, preferences)
        response.headers.setdefault("Cache-Control", "no-store, private")  # even what is another app's page
        _have_remembered(request, response, THEME_COOKIE, preferences.chosen_theme)
        _have_remembered(request, response, settings.LANGUAGE_COOKIE_NAME, preferences.language)
        return response

    def _respond(self, request: HttpRequest, preferences: Preferences) -> HttpResponse:
        with timezone.override(zone_of(preferences, request.COOKIES)):
            return self._get_response(request)


def preferences_for(request: HttpRequest) -> Preferences:
    """Of whoever is signed in, read once for a request; else what their browser remembers."""
    if not isinstance(request.user, User):
        return remembered(request)
    known = vars(request)
    if "preferences" not in known:
        known["preferences"] = preferences_of(request.user)
    found: Preferences = known["preferences"]
    return found


def person(request: HttpRequest) -> User:
    """Whoever is signed in; every view that asks requires that."""
    return cast("User", request.user)


def remembered(request: HttpRequest) -> Preferences:
    """What can be said without asking the database."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return Preferences(theme=theme if theme in Theme.values else Theme.SYSTEM)


def speak(language: str) -> None:
    """From now on in this request or task, if it is a language of ours."""
    if language in dict(settings.LANGUAGES):
        translation.activate(language)


def zone_of(preferences: Preferences, cookies: Mapping[str, str]) -> ZoneInfo | None:
    """The time zone that was chosen, else the browser's; None if neither is one."""
    for name in (preferences.time_zone, unquote(cookies.get(ZONE_COOKIE, ""))):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return None


def language_of_socket(scope: dict[str, Any], preferences: Preferences) -> str:
    """The one that this browser's pages are in."""
    request = HttpRequest()
    request.COOKIES = scope.get("cookies", {})
    headers = dict(scope["headers"])
    request.META["HTTP_ACCEPT_LANGUAGE"] = headers.get(b"accept-language", b"").decode("latin-1")
    return preferences.language or translation.get_language_from_request(request)


def _have_remembered(request: HttpRequest, response: HttpResponse, name: str, value: str) -> None:
    if request.COOKIES.get(name, "") == value:
        return
    if not value:
        response.delete_cookie(name, samesite="Lax")
        return
    secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(name, value, REMEMBERED_FOR, secure=secure, httponly=True, samesite="Lax")
