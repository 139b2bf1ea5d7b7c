"""What a list of conversations can be narrowed down to."""

from datetime import timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.chat.models import LIVE, Status
from apps.llm.registry import model_names

RUNNING = "running"


class ModelFilter(SimpleListFilter):
    """One of the models on offer, or another that an address names."""

    title = _("model")
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        asked = request.GET.get(self.parameter_name)
        return [(name, name) for name in dict.fromkeys([*model_names(), *([asked] if asked else [])])]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(model_name=self.value()) if self.value() else queryset


class StatusFilter(SimpleListFilter):
    """How the last reply stands."""

    title = _("last reply")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        ended = [(str(status), status.label) for status in Status if status not in LIVE]
        return [(RUNNING, _("Running")), *ended]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = LIVE if self.value() == RUNNING else (self.value(),)
        return queryset.filter(head__status__in=wanted) if self.value() else queryset


class ActivityFilter(SimpleListFilter):
    title = _("last activity")
    parameter_name = "active"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("Past 24 hours")), ("7", _("Past 7 days")), ("30", _("Past 30 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        days = {"1": 1, "7": 7, "30": 30}.get(self.value() or "")
        return queryset.filter(updated_at__gte=timezone.now() - timedelta(days=days)) if days else queryset


class DeletedFilter(SimpleListFilter):
    title = _("deletion")
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("Not deleted")), ("yes", _("Deleted by its owner"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(deleted_at__isnull=self.value() == "no") if self.value() else queryset
