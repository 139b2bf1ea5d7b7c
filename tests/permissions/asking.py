"""How a route is asked: with which ids, and with what a form or a program would send along."""

import json
import uuid
from urllib.parse import urlencode

from django.apps import apps
from django.http import HttpResponseBase
from django.test import Client

from tests.permissions.cast import Place, World
from tests.permissions.routes import Route
from tests.permissions.rows import first_of

READING = ("GET", "HEAD")
METHODS = (*READING, "OPTIONS", "PUT", "PATCH", "DELETE", "POST")
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
SAID = {  # in the bodies of the API, which take nothing else
    "api:conversations": ("title",),
    "api:conversation": ("title",),
    "api:messages": ("text", "key"),
    "api:queued": ("text",),
    "api:regenerate": ("key",),
    "api:edit": ("text", "key"),
    "api:feedback": ("verdict",),
}


def ask(world: World, role: str, method: str, route: Route, place: Place) -> HttpResponseBase:
    url = route.url(values(world, route, place))
    return send(world.browser(role), method, route, url, fields_of(world, place))


def send(browser: Client, method: str, route: Route, url: str, fields: dict[str, str]) -> HttpResponseBase:
    if route.pattern.startswith("api/"):
        kind, body = JSON, json.dumps({name: fields[name] for name in SAID.get(route.name, ())})
    else:
        kind, body = FORM, urlencode(fields)
    data = "" if method in {*READING, "OPTIONS"} else body
    return browser.generic(method, url, data, content_type=kind)


def values(world: World, route: Route, place: Place) -> dict[str, object]:
    """What stands in an address of this route; an id wherever there is one."""
    known: dict[str, object] = {
        "conversation_id": place.conversation,
        "message_id": place.message,
        "queued_id": place.queued,
        "token_id": place.token,
        "pk": place.passkey,
        "id": world.owner.pk,
        "user_id": world.owner.pk,
        "object_id": _row_in_admin(world, route, place),
        "name": "rename",
        "slug": "profile",
        "uidb36": "1",
        "key": "no-such-key",
        "app_label": "chat",
        "content_type_id": "1",
        "url": "nowhere/",
    }
    unknown = set(route.takes) - set(known)
    assert not unknown, f"{route.name} takes {unknown}: say in `values` of tests/permissions/asking.py what"
    return {name: known[name] for name in route.takes}


def _row_in_admin(world: World, route: Route, place: Place) -> object:
    """The id of a row that the administrators' desk shows of the owner."""
    _desk, app, model, *_ = [*route.pattern.split("/"), "", ""]
    if place is world.here and app in apps.app_configs:
        return first_of(apps.get_model(app, model), world.owner)
    return place.message


def fields_of(world: World, place: Place) -> dict[str, str]:
    """All that any form asks for; what it does not know it ignores."""
    return {
        "key": uuid.uuid4().hex,
        "text": "And why?",
        "title": "Taken",
        "verdict": "down",
        "message": str(place.message),
        "queued": str(place.queued),
        "draft": str(uuid.uuid4()),
        "rev": "1",
        "version": "1",
        "model": "demo",
        "device": str(place.device),
        "address": world.owner.email,
        "name": "Taken",
        "reason": "Because",
    }
