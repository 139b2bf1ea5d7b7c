"""Conversations and messages as administrators see them: to read, not to write."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.db.models.functions import Left
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.chat.models import Conversation, Feedback, Message
from apps.chat.text import cut

EXCERPT = 90  # code points


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # Django's own class takes none
    """Transcripts are evidence: nobody adds, edits or deletes them here."""

    def has_add_permission(self, request: HttpRequest, *_: object) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ("shown_title", "owner", "model_name", "message_count", "updated_at", "created_at")
    list_filter = ("model_name", "updated_at")
    list_select_related = ("owner",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("title", "owner__email")
    date_hierarchy = "updated_at"
    ordering = ("-updated_at",)
    fields = ("title", "owner", "model_name", "messages_link", "created_at", "updated_at", "deleted_at")
    readonly_fields = ("messages_link",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        return Conversation.objects.annotate(message_total=Count("messages"))

    @admin.display(description=_("title"), ordering="title")
    def shown_title(self, conversation: Conversation) -> str:
        return conversation.title or str(_("New conversation"))

    @admin.display(description=_("messages"), ordering="message_total")
    def message_count(self, conversation: Conversation) -> int:
        total: int = conversation.message_total  # type: ignore[attr-defined]  # annotated above
        return total

    @admin.display(description=_("messages"))
    def messages_link(self, conversation: Conversation) -> SafeString:
        url = f"{reverse('admin:chat_message_changelist')}?conversation__id__exact={conversation.pk}"
        return format_html('<a href="{}">{}</a>', url, _("Read the messages"))


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ("excerpt", "role", "status", "conversation", "model_name", "created_at")
    list_filter = ("role", "status", "error_code")
    list_select_related = ("conversation",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("conversation__title", "conversation__owner__email")
    date_hierarchy = "created_at"
    ordering = ("conversation", "depth", "created_at")
    fields = (
        "conversation",
        "role",
        "status",
        "content",
        "model_name",
        "finish_reason",
        "error_code",
        "created_at",
    )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "conversation__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """A list needs the first words alone; a reply may be long."""
        return Message.objects.annotate(first_words=Left("content", EXCERPT * 2)).defer("content")

    @admin.display(description=_("content"))
    def excerpt(self, message: Message) -> str:
        first_words: str = message.first_words  # type: ignore[attr-defined]  # annotated above
        return cut(first_words, EXCERPT) or "…"


@admin.register(Feedback)
class FeedbackAdmin(ReadOnlyAdmin):
    list_display = ("verdict", "shown_note", "model_name", "user", "updated_at")
    list_filter = ("verdict", "message__model_name", "updated_at")
    list_select_related = ("user", "message")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("note", "user__email")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Feedback]:
        return Feedback.objects.defer("message__content")

    @admin.display(description=_("note"))
    def shown_note(self, feedback: Feedback) -> str:
        return cut(feedback.note, EXCERPT)

    @admin.display(description=_("model"))
    def model_name(self, feedback: Feedback) -> str:
        return feedback.message.model_name
