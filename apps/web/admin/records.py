"""What else administrators look at: facts, never content and never a secret."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Token
from apps.chat.models import Feedback
from apps.generation.models import Generation, Worker
from apps.oversight.audit import may_read
from apps.oversight.models import AuditEntry, What
from apps.web import wording
from apps.web.admin.lists import LatestAdmin, ReadOnlyAdmin, number
from apps.web.details import MS
from apps.web.personal import person
from apps.web.wording import Sentence


def transcript_link(conversation_id: object, **place: object) -> SafeString:
    """To a message in its conversation."""
    address = reverse("admin:chat_conversation_transcript", args=[conversation_id])
    query = "".join(f"?at={pk}&branch={pk}#message-{pk}" for pk in place.values())
    return format_html('<a href="{}{}">{}</a>', address, query, _("Transcript"))


def conversation_link(conversation_id: object) -> SafeString:
    address = reverse("admin:chat_conversation_change", args=[conversation_id])
    return format_html('<a href="{}">{}</a>', address, str(conversation_id)[:8])


@admin.register(Feedback)
class FeedbackAdmin(ReadOnlyAdmin):
    """Verdicts; a note stands in the transcript, below the answer that it is about."""

    list_display = ("verdict", "has_note", "model_name", "user", "where", "updated_at")
    list_filter = ("verdict",)
    lookups = ("verdict__exact",)
    search_fields = ("user__email",)
    ordering = ("-id",)
    fields = ("verdict", "has_note", "model_name", "user", "where", "updated_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Feedback]:
        return Feedback.objects.select_related("user", "message").defer("message__content")

    @admin.display(description=_("note"), boolean=True)
    def has_note(self, feedback: Feedback) -> bool:
        return bool(feedback.note)

    @admin.display(description=_("model"))
    def model_name(self, feedback: Feedback) -> str:
        return feedback.message.model_name

    @admin.display(description=_("answer"))
    def where(self, feedback: Feedback) -> SafeString:
        return transcript_link(feedback.message.conversation_id, at=feedback.message_id)


@admin.register(Generation)
class GenerationAdmin(ReadOnlyAdmin):
    """Attempts to write replies."""

    list_display = (
        "started_at", "model_name", "outcome", "read", "written", "first_word", "took", "attempt",
        "conversation",
    )  # fmt: skip
    list_filter = ("error_code", "finish_reason")
    lookups = ("error_code__exact", "finish_reason__exact", "message__conversation__id__exact")
    ordering = ("-id",)
    fields = (*list_display, "sentence", "worker_id")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Generation]:
        return Generation.objects.select_related("message").defer("message__content", "reference")

    @admin.display(description=_("outcome"))
    def outcome(self, generation: Generation) -> SafeString:
        kind, code = _ending(generation)
        return format_html('<span class="state state-{}">{}</span>', kind, code)

    @admin.display(description=_("what readers are told"))
    def sentence(self, generation: Generation) -> Sentence:
        return wording.outcome(generation)

    @admin.display(description=_("tokens read"))
    def read(self, generation: Generation) -> str:
        return _figure(generation.prompt_tokens)

    @admin.display(description=_("tokens written"))
    def written(self, generation: Generation) -> str:
        return _figure(generation.completion_tokens)

    @admin.display(description=_("first word"))
    def first_word(self, generation: Generation) -> str:
        return _seconds(generation.first_text_ms, 2)

    @admin.display(description=_("total time"))
    def took(self, generation: Generation) -> str:
        return _seconds(generation.duration_ms, 1)

    @admin.display(description=_("conversation"))
    def conversation(self, generation: Generation) -> SafeString:
        return conversation_link(generation.message.conversation_id)


def _ending(generation: Generation) -> tuple[str, str]:
    """What kind of end it came to, and the code of that."""
    if generation.error_code:
        return "failed", generation.error_code
    if generation.duration_ms is None:
        return "running", str(_("Running"))
    return "complete", generation.finish_reason or str(_("Stopped"))


def _figure(count: int | None) -> str:
    return "–" if count is None else number(count)


def _seconds(milliseconds: int | None, places: int) -> str:
    if milliseconds is None:
        return "–"
    return _("{seconds} s").format(seconds=number_format(milliseconds / MS, places))


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Processes that write replies."""

    list_display = ("host", "pid", "beat_at", "is_alive")
    fields = ("id", *list_display)
    readonly_fields = fields
    ordering = ("-beat_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Worker]:
        return Worker.objects.with_life()

    @admin.display(description=_("alive"), boolean=True)
    def is_alive(self, worker: Worker) -> bool:
        lives: bool = worker.lives  # type: ignore[attr-defined]  # annotated above
        return lives


@admin.register(Token)
class TokenAdmin(ReadOnlyAdmin):
    """By what programs are let in; of the secret there is but a hint."""

    list_display = (
        "name",
        "shown_hint",
        "user",
        "scope",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_filter = ("scope",)
    lookups = ("scope__exact",)
    search_fields = ("user__email", "name")
    ordering = ("-created_at",)
    list_select_related = ("user",)
    fields = list_display
    readonly_fields = ("shown_hint",)

    @admin.display(description=_("ends in"))
    def shown_hint(self, token: Token) -> str:
        return f"…{token.hint}"


class AuthenticatorAdmin(ReadOnlyAdmin):
    """Second factors, without what they are made of."""

    list_display = ("user", "type", "created_at", "last_used_at")
    fields = list_display
    list_select_related = ("user",)
    list_filter = ("type",)
    lookups = ("type__exact",)
    search_fields = ("user__email",)
    ordering = ("-id",)


class EmailAddressAdmin(ReadOnlyAdmin):
    """Addresses by which people sign in: theirs to change."""

    list_display = ("email", "user", "primary", "verified")
    fields = list_display
    list_select_related = ("user",)
    list_filter = ("primary", "verified")
    lookups = ("primary__exact", "verified__exact")
    search_fields = ("email", "user__email")
    ordering = ("-id",)


for model, desk in ((Authenticator, AuthenticatorAdmin), (EmailAddress, EmailAddressAdmin)):
    admin.site.unregister(model)
    admin.site.register(model, desk)


@admin.register(AuditEntry)
class AuditAdmin(LatestAdmin):
    """What staff did with what is other people's."""

    list_display = ("at", "what", "who", "whose", "conversation", "why", "address")
    list_filter = ("what",)
    near = {
        "what__exact": "",
        "owner_id__exact": _("What concerns one person"),
        "staff_id__exact": _("What one of the staff did"),
        "conversation_id__exact": _("What concerns one conversation"),
    }
    search_fields = ("staff_email", "owner_email", "reason")
    date_hierarchy = "at"
    ordering = ("-at", "-id")
    readonly_fields = ("conversation", "why")
    fields = ("at", "what", "staff_email", "owner_email", "conversation", "why", "address", "user_agent")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        """Words that led to a conversation tell of it: they are for its owner, and for who may read."""
        rows = AuditEntry.objects.all()
        return rows if may_read(person(request)) else rows.defer("words")

    @admin.display(description=_("who"))
    def who(self, entry: AuditEntry) -> SafeString:
        return format_html(
            '<a href="?staff_id__exact={}">{}</a>', entry.staff_id, entry.staff_email or entry.staff_id
        )

    @admin.display(description=_("whose"))
    def whose(self, entry: AuditEntry) -> SafeString | str:
        """Leads to all about them, whether or not they still have an account."""
        if entry.owner_id is None:
            return "–"
        return format_html(
            '<a href="?owner_id__exact={}">{}</a>', entry.owner_id, entry.owner_email or entry.owner_id
        )

    @admin.display(description=_("conversation"))
    def conversation(self, entry: AuditEntry) -> Any:
        return conversation_link(entry.conversation_id) if entry.conversation_id else "–"

    @admin.display(description=_("why"))
    def why(self, entry: AuditEntry) -> str:
        """The reason, or the words that were searched for."""
        hidden = entry.what == What.FOUND or "words" in entry.get_deferred_fields()
        words = "" if hidden else entry.words
        return f"“{words}”" if words else entry.reason or "–"
