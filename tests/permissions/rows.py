"""What belongs to somebody, found by following foreign keys: nobody else may change any of it."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import ForeignKey, Model, QuerySet

from apps.accounts.models import User

DEEPEST = 3  # foreign keys from a row to its user
NOTED = ("accounts.Device", "accounts.Ticket", "admin.LogEntry")  # who was seen, who may listen: nothing lost

CHANGE = re.compile(r'(INSERT INTO|UPDATE|DELETE FROM|WITH) (?!"(django_session|accounts_device)")')
Rows = dict[str, list[tuple[Any, ...]]]


class Written:
    """Whether any statement may have changed a row; the usual one has not, and spares a comparison."""

    anything = False

    def __call__(self, execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        self.anything |= bool(CHANGE.match(sql))
        return execute(sql, *arguments)


def rows_of(user: User) -> Rows:
    """Every column of every row that is theirs, by model."""
    theirs = {"accounts.User": User.objects.filter(pk=user.pk)}
    for model, path in _paths().items():
        theirs[model._meta.label] = model._base_manager.filter(**{path: user})
    return {name: sorted(found.values_list(), key=repr) for name, found in theirs.items()}


def first_of(model: type[Model], user: User) -> object:
    """The id of a row that is theirs; of a model without owners, of any."""
    path = {User: "pk", **_paths()}.get(model)
    found: QuerySet[Model] = model._base_manager.filter(**({path: user.pk} if path else {}))
    return found.values_list("pk", flat=True).order_by("pk").first()


@cache
def _paths() -> dict[type[Model], str]:
    """By which chain of foreign keys each model leads to its user."""
    models = [model for model in apps.get_models() if model._meta.label not in NOTED]
    found: dict[type[Model], str] = {}
    for _ in range(DEEPEST):
        for model in models:
            known = {User: "", **found}
            keys = [
                f for f in model._meta.get_fields() if isinstance(f, ForeignKey) and f.related_model in known
            ]
            if keys and model not in {User, *found}:
                inner = known[keys[0].related_model]
                found[model] = f"{keys[0].name}__{inner}" if inner else keys[0].name
    return found
