"""Conversations as administrators see them: facts for all, and what was written for who may read it."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.chat.models import Conversation, Message
from apps.generation.usage import Usage, usage_of_conversations
from apps.oversight.audit import may_read, note_titles
from apps.web.admin.actors import actor_of
from apps.web.admin.conversation_list import WHOSE, ConversationList
from apps.web.admin.filters import RUNNING, ActivityFilter, DeletedFilter, ModelFilter, StatusFilter
from apps.web.admin.lists import LatestAdmin, number
from apps.web.admin.transcript import transcript
from apps.web.personal import person
from apps.web.wording import Sentence


@admin.register(Conversation)
class ConversationAdmin(LatestAdmin):
    list_display = ("name", "whose", "messages", "activity", "model_name", "state", "tokens")
    list_filter = (StatusFilter, ModelFilter, ActivityFilter, DeletedFilter)
    lookups = ("status", "model", "active", "deleted")
    near = {WHOSE: _("Conversations of one person")}
    search_fields = ("owner__email",)
    date_hierarchy = "updated_at"
    ordering = ("-updated_at", "-id")
    change_form_template = "admin/chat/conversation/facts.html"
    list_display_links = ("name",)
    fieldsets = (
        (None, {"fields": ("id", "whose", "state", "model_name")}),
        (_("Usage"), {"fields": ("messages", "tokens", "attempts")}),
        (_("Dates"), {"fields": ("created_at", "updated_at", "deleted_at")}),
        (_("Filing"), {"fields": ("pinned", "archived")}),
    )
    readonly_fields = ("id", "whose", "state", "messages", "tokens", "attempts")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        rows = Conversation.objects.with_running().select_related("owner", "head")
        hidden = ["instructions", "head__content"]
        return rows.defer(*hidden) if may_read(person(request)) else rows.defer("title", *hidden)

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ConversationList]:
        return ConversationList

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.transcript)
        name = "chat_conversation_transcript"
        return [path("<uuid:conversation_id>/transcript/", view, name=name), *super().get_urls()]

    def transcript(self, request: HttpRequest, conversation_id: UUID) -> HttpResponse:
        return transcript(request, conversation_id)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Conversation], search_term: str
    ) -> tuple[QuerySet[Conversation], bool]:
        """As it is: the list has searched already, before it was narrowed down."""
        return queryset, False

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> Any:
        conversation: Conversation = options["obj"]
        conversation.usage = usage_of_conversations([conversation.pk])[conversation.pk]  # type: ignore[attr-defined]
        if may_read(person(request)):
            note_titles(actor_of(request), [conversation])
        context["may_read"] = may_read(person(request))
        return super().render_change_form(request, context, *args, **options)

    def heading_of(self, obj: Conversation) -> str:
        return self.name(obj)

    @admin.display(description=_("conversation"))
    def name(self, conversation: Conversation) -> str:
        """Its title for who may read it: only to them is it loaded."""
        if "title" in conversation.get_deferred_fields():
            return str(conversation.pk)[:8]
        return conversation.title or str(_("New conversation"))

    @admin.display(description=_("owner"))
    def whose(self, conversation: Conversation) -> SafeString:
        url = reverse("admin:accounts_user_change", args=[conversation.owner_id])
        return format_html('<a href="{}">{}</a>', url, conversation.owner.email)

    @admin.display(description=_("messages"))
    def messages(self, conversation: Conversation) -> str:
        return number(_usage(conversation).messages)

    @admin.display(description=_("tokens"))
    def tokens(self, conversation: Conversation) -> str:
        return number(_usage(conversation).tokens)

    @admin.display(description=_("last activity"), ordering="updated_at")
    def activity(self, conversation: Conversation) -> str:
        return date_format(timezone.localtime(conversation.updated_at), "SHORT_DATETIME_FORMAT")

    @admin.display(description=_("last reply"))
    def state(self, conversation: Conversation) -> SafeString:
        head = conversation.head
        running = getattr(conversation, "running", False)
        status, label = (RUNNING, _("Running")) if running else _standing(head)
        deleted = format_html(' <span class="state state-deleted">{}</span>', _("Deleted"))
        shown = format_html('<span class="state state-{}">{}</span>', status, label) if label else "–"
        return format_html("{}{}", shown, deleted if conversation.deleted_at else "")

    @admin.display(description=_("attempts"))
    def attempts(self, conversation: Conversation) -> SafeString:
        url = reverse("admin:generation_generation_changelist")
        query = f"?message__conversation__id__exact={conversation.pk}"
        return format_html('<a href="{}{}">{}</a>', url, query, _("Every attempt to write a reply"))


def _standing(head: Message | None) -> tuple[str, Sentence]:
    return (head.status, head.get_status_display()) if head else ("", "")


def _usage(conversation: Conversation) -> Usage:
    usage: Usage = conversation.usage  # type: ignore[attr-defined]  # of each row of a page
    return usage
