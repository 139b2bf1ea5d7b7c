"""The list of conversations: what of all of them is looked at, and what of that goes on record."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.chat.text import clean
from apps.generation.usage import usage_of_conversations
from apps.oversight import finding
from apps.oversight.audit import may_read, note_search, note_titles
from apps.oversight.finding import MOST_MESSAGES, MOST_OWNERS, SEARCHED, Found
from apps.oversight.models import MAX_WORDS
from apps.web.admin import lists
from apps.web.admin.lists import LatestChangeList, number

CONTENT = "content"  # the parameter that has titles and messages searched, too
WHOSE = "owner__id__exact"  # the parameter that narrows it down to one owner


class ConversationList(LatestChangeList):
    """Knows of each row of its page what there is of it; whatever titles it shows are in the audit."""

    words = ""
    by_whom = Found()  # by the owner's address, or the conversation's id
    by_content = Found()
    lacks_owners = False  # whether more people have such an address

    def get_filters_params(self, params: Any = None) -> Any:
        return {name: value for name, value in super().get_filters_params(params).items() if name != CONTENT}

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        usage = usage_of_conversations([conversation.pk for conversation in self.result_list])
        for conversation in self.result_list:
            conversation.usage = usage[conversation.pk]
        if self.may_read:
            self._note()

    @property
    def may_read(self) -> bool:
        return may_read(self.actor.staff)

    @property
    def searches_content(self) -> bool:
        return self.may_read and CONTENT in self.params

    @property
    def searched(self) -> str:
        return number(SEARCHED)

    @property
    def notes(self) -> list[str]:
        return [*super().notes, *self._bounds_of_search()]

    def _bounds_of_search(self) -> Iterator[str]:
        if self.lacks_owners:
            told = _(
                "More than {count} addresses hold these words, and only so many were looked at: type more."
            )
            yield told.format(count=number(MOST_OWNERS))
        if self.by_content.is_cut:
            told = _(
                "Not all messages were searched, but up to {messages} of the latest {count} conversations: "
                "choose a date or an owner for others."
            )
            yield told.format(messages=number(MOST_MESSAGES), count=number(SEARCHED))

    def _reached(self, request: HttpRequest) -> QuerySet[Any]:
        """What is searched for is looked for before the list is cut to the latest."""
        self.words = words_of(self.query)
        if not self.words:
            return super()._reached(request)
        self.by_whom = self._by_whom()
        if self.searches_content:
            self.by_content = self._by_content(request)
        self.is_cut = self.is_cut or self.by_whom.is_cut
        found: QuerySet[Any] = self.root_queryset.filter(pk__in={*self.by_whom.ids, *self.by_content.ids})
        return found

    def _by_whom(self) -> Found:
        rows = self._latest().filter(**self.period.range_of(self.date_hierarchy))
        found = finding.of_id(self.words, rows)
        if found.ids:
            return found
        owners, self.lacks_owners = finding.owners_by(self.words)
        return finding.latest_of(owners, rows, most=lists.REACH)

    def _by_content(self, request: HttpRequest) -> Found:
        """Among the latest of what the list is narrowed down to."""
        owner = User.objects.filter(pk=self.near[WHOSE]).first() if WHOSE in self.near else None
        note_search(self.actor, self.words, owner=owner)
        rows: Any = super()._reached(request)
        filters: Any = self.get_filters(request)[0]
        for chosen in filters:
            rows = chosen.queryset(request, rows)
        return finding.written_in(self.words, rows.latest_first())

    def _note(self) -> None:
        words = self.words if self.searches_content else ""
        known = set(self.by_whom.ids)
        found = [row for row in self.result_list if words and row.pk not in known]
        note_titles(self.actor, found, found_by=words)
        note_titles(self.actor, [row for row in self.result_list if row not in found])


def words_of(term: str) -> str:
    return clean(term)[:MAX_WORDS].strip()
