"""A conversation as its owner sees it, for whoever may read it and has said why: only to read."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.chat import reading
from apps.chat.models import Conversation, Message, Role, Status
from apps.chat.reading import Window
from apps.chat.text import TextRejected, admit
from apps.generation.usage import usage_of_conversations
from apps.oversight.audit import MAX_REASON, begin_reading, may_read, reading_of
from apps.web import wording
from apps.web.admin.actors import actor_of
from apps.web.cards import Card, cards_of
from apps.web.details import Attempt, Details, details_of_each
from apps.web.personal import person
from apps.web.posts import posted

PLACES = ("above", "below", "at")  # what an address may say of the stretch that it wants
STOPPED = _("This answer was stopped by its reader.")


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why do you need to read this conversation?"),
        help_text=_("Its owner sees your address, the time and this reason. All of it stays on record."),
        strip=False,
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": MAX_REASON, "autofocus": True, "dir": "auto"}),
    )

    def clean_reason(self) -> str:
        try:
            return admit(self.cleaned_data["reason"], limit=MAX_REASON)
        except TextRejected as rejected:
            raise forms.ValidationError(str(wording.rejection(rejected.code).sentence)) from rejected


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def transcript(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Asks for a reason first, which goes on record, and then shows what was written."""
    if not may_read(person(request)):
        raise PermissionDenied
    rows = Conversation.objects.with_running().select_related("owner")
    conversation = get_object_or_404(rows, pk=conversation_id)
    form = ReasonForm(posted(request) if request.method == "POST" else None)
    if form.is_valid():
        begin_reading(actor_of(request), conversation, form.cleaned_data["reason"])
        return redirect(request.get_full_path())
    entry = reading_of(person(request), conversation_id)
    context: dict[str, Any] = {
        "conversation": conversation,
        "usage": usage_of_conversations([conversation_id])[conversation_id],
    }
    if entry is None or form.is_bound:
        status = 422 if form.is_bound else 200
        return render(
            request, "admin/chat/conversation/reason.html", {**context, "form": form}, status=status
        )
    shown = _shown(request, conversation)
    return render(request, "admin/chat/conversation/transcript.html", {**context, **shown, "entry": entry})


def _shown(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    """The stretch that the address names, of the branch that it names; nothing of it is stored."""
    asked = {name: _asked(request, conversation, name) for name in ("branch", *PLACES)}
    branch = asked["branch"]
    if branch:
        conversation.head_id = Message.objects.newest_leaf(branch.pk)
    window = _window(conversation, **{name: asked[name] for name in PLACES})
    cards = _read_only([*window.messages, *window.last], branch)
    count = len(window.messages)
    first, last = (window.messages[0], window.messages[-1]) if count else (None, None)
    return {
        "cards": cards[:count],
        "last_cards": cards[count:],
        "older_url": _address(branch, above=first) if window.has_older else "",
        "newer_url": _address(branch, below=last) if window.has_newer else "",
        "latest_url": _address(branch),
        "is_other_branch": branch is not None,
    }


def _asked(request: HttpRequest, conversation: Conversation, name: str) -> Message | None:
    """A message of the conversation that the address names; raises Http404."""
    if name not in request.GET:
        return None
    try:
        pk = UUID(request.GET[name])
    except ValueError:
        raise Http404 from None
    return get_object_or_404(conversation.messages.defer("content"), pk=pk)


def _window(
    conversation: Conversation, *, above: Message | None, below: Message | None, at: Message | None
) -> Window:
    if above:
        return reading.window_above(conversation, above)
    window = None
    if below:
        window = reading.window_below(conversation, below)
    elif at:
        window = reading.window_around(conversation, at)
    return window or reading.newest_window(conversation)


def _read_only(messages: list[Message], branch: Message | None) -> list[dict[str, Any]]:
    """Cards, each with how it came to be and the addresses of the versions beside it."""
    replies = [message for message in messages if message.role == Role.ASSISTANT]
    details = details_of_each(replies)
    return [_entry(card, details.get(card.id)) for card in cards_of(messages)]


def _entry(card: Card, details: Details | None) -> dict[str, Any]:
    problem = STOPPED if card.status == Status.STOPPED else card.problem
    return {
        "card": replace(card, problem=problem, advice=""),
        "attempts": [_told(attempt) for attempt in details.attempts] if details else [],
        "previous_url": _address(card.previous_id, at=card.previous_id) if card.previous_id else "",
        "next_url": _address(card.next_id, at=card.next_id) if card.next_id else "",
    }


def _told(attempt: Attempt) -> Attempt:
    """What its reader is told of it is not told to its reader here."""
    return replace(attempt, outcome=STOPPED) if attempt.outcome is wording.STOPPED else attempt


def _address(branch: Message | UUID | None, **place: Message | UUID | None) -> str:
    named = {"branch": branch, **place}
    ids = {name: value.pk if isinstance(value, Message) else value for name, value in named.items() if value}
    return f"?{urlencode(ids)}"
