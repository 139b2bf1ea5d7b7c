"""Lists of what there may be very much of: the latest rows, and a calendar that leads further back."""

from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters, ShowFacets
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.oversight.audit import Actor
from apps.web.admin.actors import actor_of
from apps.web.admin.calendar import PARTS, Period, above, period_of, within

REACH = 5_000  # rows that a list, its filters and its search look at


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # Django's own class takes none
    """Counts no further than a list reaches."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[:REACH].count())

    @property
    def is_cut(self) -> bool:
        """Whether there may be more than it reaches."""
        return self.count >= REACH


class CarefulChangeList(ChangeList):
    """Refuses addresses that no database can make sense of, or that ask for an order that is not offered."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        if any("\0" in str(value) for value in self.params.values()):
            raise IncorrectLookupParameters
        return super().get_queryset(request, exclude_parameters)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Django would heed the address though no column is offered to sort by."""
        if not self.sortable_by:
            self.params.pop(ORDER_VAR, None)
        return super().get_ordering(request, queryset)


class LatestChangeList(CarefulChangeList):
    """Looks at the latest rows alone, among those of the dates and of what is `near`.

    Where these end is found by an index; so whatever else is asked for, no query reads more than REACH rows.
    """

    period = Period()
    actor: Actor
    near: dict[str, Any]
    is_cut = False  # whether there are rows further back that it does not look at

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        self.actor = actor_of(request)
        desk: Any = self.model_admin
        try:
            self.period = period_of(self.params, self.date_hierarchy)
            self.near = {name: self.params[name] for name in desk.near if name in self.params}
            self.root_queryset = self._reached(request)
        except (ValueError, OverflowError, ValidationError) as error:
            raise IncorrectLookupParameters(error) from error
        return super().get_queryset(request, exclude_parameters)

    def _reached(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows that filters and search look at."""
        rows: QuerySet[Any] = self.root_queryset.filter(self._within_reach(), **self.near)
        return rows

    def _within_reach(self) -> Q:
        field = self.date_hierarchy
        rows = self._latest().filter(**self.period.range_of(field))
        last = list(rows.values_list(field, "pk")[REACH - 1 : REACH + 1])
        self.is_cut = len(last) > 1
        if not last:
            return Q()
        moment, pk = last[0]
        later = Q(**{f"{field}__gt": moment}) | Q(**{field: moment, "pk__gte": pk})
        return Q(**{f"{field}__gte": moment}) & later  # the first is all that an index needs

    @property
    def narrowings(self) -> list[tuple[str, str]]:
        """What it is narrowed down to that no filter shows, and where it is not."""
        desk: Any = self.model_admin
        told = [(said, name) for name, said in desk.near.items() if said and name in self.near]
        return [(str(said), self.get_query_string(remove=[name])) for said, name in told]

    @property
    def notes(self) -> list[str]:
        """What the count leaves out."""
        if not self.is_cut or self.paginator.is_cut:
            return []
        told = _("Among the latest {count} alone: choose a date to look further back.")
        return [told.format(count=number(REACH))]

    def calendar(self) -> dict[str, Any]:
        """What Django's template of a date hierarchy shows: where it goes on, and where back."""
        bounds = self._bounds()
        larger = above(self.period)
        return {
            "show": bounds is not None,
            "back": larger and {"link": self._link(larger[0]), "title": larger[1]},
            "choices": [
                {"link": self._link(period), "title": name}
                for period, name in (within(self.period, *bounds) if bounds else [])
            ],
        }

    def _link(self, period: Period) -> str:
        field = self.date_hierarchy
        return str(self.get_query_string(period.spelled(field), [f"{field}__{part}" for part in PARTS]))

    def _bounds(self) -> tuple[date, date] | None:
        """The first and the last day of all."""
        field = self.date_hierarchy
        moments = self._latest().values_list(field, flat=True)
        last = moments.first()
        if last is None:
            return None
        return timezone.localdate(moments.last()), timezone.localdate(last)

    def _latest(self) -> QuerySet[Any]:
        desk: Any = self.model_admin
        return self.model._base_manager.filter(**self.near).order_by(*desk.ordering)


class Desk(admin.ModelAdmin):  # type: ignore[type-arg]  # Django's own class takes none
    """Pages that are called what they show, and tell what they show alone."""

    lookups: tuple[str, ...] = ()  # what addresses may ask for: anything else could be guessed by asking

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        return CarefulChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup in self.lookups

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        title = capfirst(str(self.opts.verbose_name_plural))
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> Any:
        if options.get("obj"):
            context |= {"title": self.heading_of(options["obj"]), "subtitle": None}
        return super().render_change_form(request, context, *args, **options)

    def heading_of(self, obj: Any) -> str:
        return str(obj)


class ReadOnlyAdmin(Desk):
    """To look at: nobody adds, edits or deletes here."""

    actions = None
    list_per_page = 50
    list_max_show_all = 0
    sortable_by = ()
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = CappedPaginator

    def has_add_permission(self, request: HttpRequest, *_: object) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_fields(self, request: HttpRequest) -> Any:
        """None for Django's completion of fields, which asks what no form here does."""
        is_list = request.path == reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return super().get_search_fields(request) if is_list else ()

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        return to_field == self.opts.pk.name


class LatestAdmin(ReadOnlyAdmin):
    """A list of the latest, by a calendar of `date_hierarchy`; `ordering` begins with that, and has an index.

    `near` are parameters that have an index as well, and what is told of each: nothing if a filter shows it.
    """

    near: ClassVar[dict[str, Any]] = {}
    change_list_template = "admin/latest.html"

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        return LatestChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        dates = {f"{self.date_hierarchy}__{part}" for part in PARTS}
        return lookup in dates or lookup in self.near or super().lookup_allowed(lookup, value, request)


def number(count: int) -> str:
    """With marks between thousands."""
    return formats.number_format(count, force_grouping=True)
