"""Conversations, the tree of messages in each, and the unsealed tail of the replies being written."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps import trace
from apps.chat.columns import DIGEST, later
from apps.chat.querysets import ChunkQuerySet, ConversationQuerySet, MessageQuerySet, QueueQuerySet
from apps.llm.errors import ErrorCode
from apps.llm.provider import FinishReason


class Role(models.TextChoices):
    SYSTEM = "system", _("System")
    USER = "user", _("User")
    ASSISTANT = "assistant", _("Assistant")


class Status(models.TextChoices):
    """The states of a reply; every other message is complete from the start."""

    QUEUED = "queued", _("Queued")
    STREAMING = "streaming", _("Streaming")
    COMPLETE = "complete", _("Complete")
    STOPPED = "stopped", _("Stopped")
    INTERRUPTED = "interrupted", _("Interrupted")
    FAILED = "failed", _("Failed")


LIVE = (Status.QUEUED, Status.STREAMING)


class TitleState(models.TextChoices):
    """Who gave the title: nobody yet, a task that is still due, the model, or the user for good."""

    NONE = "none", _("First words")
    WANTED = "wanted", _("Wanted")
    DONE = "done", _("Written by the model")
    USER = "user", _("Given by the user")


class Account(models.Model):
    """The revisions of a user's list of conversations and of their drafts, counted like a conversation's."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    rev = models.PositiveBigIntegerField(default=0)
    draft_rev = models.PositiveBigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"{self.user_id} at {self.rev}"


class Conversation(models.Model):
    """A transcript of one user's. `head` is the leaf whose path is shown.

    `rev` counts its committed changes, text growth excepted. `path_rev` is the revision at which the shown
    path last became another than its own continuation; `list_rev` the account's at its last listed change;
    `answered_rev` the one at which an answer last ended, and `seen_rev` the last one its owner looked at.
    `queue_count` is how many messages have ever waited here, `queue_rev` when that last looked different, and
    `awaited` the reply whose end lets the next one go: none while nothing waits, or the queue is paused.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations")
    title = models.CharField(_("title"), max_length=200, blank=True)
    title_state = models.CharField(max_length=8, choices=TitleState, default=TitleState.NONE)
    model_name = models.CharField(_("model"), max_length=200)
    instructions = models.TextField(_("instructions"), blank=True, default="", db_default="")
    head = models.ForeignKey("Message", models.SET_NULL, null=True, blank=True, related_name="+")
    rev = models.PositiveBigIntegerField(default=0)
    path_rev = models.PositiveBigIntegerField(default=0)
    list_rev = models.PositiveBigIntegerField(default=0)
    answered_rev = models.PositiveBigIntegerField(default=0, db_default=0)
    seen_rev = models.PositiveBigIntegerField(default=0, db_default=0)
    pinned = models.BooleanField(_("pinned"), default=False, db_default=False)
    archived = models.BooleanField(_("archived"), default=False, db_default=False)
    queue_count = models.PositiveIntegerField(default=0, db_default=0)
    queue_rev = models.PositiveBigIntegerField(default=0, db_default=0)
    awaited = models.ForeignKey(
        "Message", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last activity"))
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    digest = later(DIGEST)  # of the request that began it under a key

    objects: ClassVar[ConversationQuerySet] = ConversationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            models.Index(fields=["owner", "-updated_at", "-id"], name="conversation_newest_first"),
            models.Index(
                fields=["owner", "-pinned", "-updated_at", "-id"],
                name="conversation_listed",
                condition=Q(archived=False, deleted_at=None),
            ),
            models.Index(
                fields=["owner", "-updated_at", "-id"],
                name="conversation_archive",
                condition=Q(archived=True, deleted_at=None),
            ),
            models.Index(fields=["owner", "list_rev"], name="conversation_list_changes"),
            models.Index(
                fields=["updated_at"],
                name="conversation_wants_title",
                condition=Q(title_state=TitleState.WANTED),
            ),
            models.Index(fields=["awaited"], name="conversation_queues", condition=Q(awaited__isnull=False)),
            models.Index(fields=["-updated_at", "-id"], name="conversation_latest"),
        )

    def __str__(self) -> str:
        """Its title is its owner's."""
        return str(self.pk)

    @property
    def unread(self) -> bool:
        """Whether an answer has ended since the owner last looked."""
        return self.answered_rev > self.seen_rev

    @property
    def listed(self) -> bool:
        """Whether it stands in the owner's list: neither deleted nor put away."""
        return self.deleted_at is None and not self.archived


class Message(models.Model):
    """A node of the tree: a question, or a reply with the state of its writing.

    `attempt` is the fence: whoever writes must hold the current one while `status` is streaming.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    depth = models.PositiveIntegerField(default=0)
    role = models.CharField(_("role"), max_length=9, choices=Role)
    status = models.CharField(_("status"), max_length=11, choices=Status, default=Status.COMPLETE)
    content = models.TextField(_("content"), blank=True)
    rev = models.PositiveBigIntegerField()
    client_key = models.CharField(max_length=64, null=True, blank=True, editable=False)  # noqa: DJ001 - unique
    attempt = models.PositiveIntegerField(default=0)
    stop_at = models.DateTimeField(null=True, blank=True)
    model_name = models.CharField(_("model"), max_length=200, blank=True)
    finish_reason = models.CharField(max_length=14, blank=True, choices=[(r, r) for r in FinishReason])
    error_code = models.CharField(_("error"), max_length=17, blank=True, choices=[(c, c) for c in ErrorCode])
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    request_id = later(trace.LONGEST)  # of whoever asked for this reply last: it leads through the logs
    digest = later(DIGEST)  # of the request that stored it under `client_key`, if that told one

    objects: ClassVar[MessageQuerySet] = MessageQuerySet.as_manager()  # type: ignore[assignment]

    tail = ""  # what unsealed chunks hold beyond `content`; filled in by whoever reads for display

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["conversation", "client_key"], name="message_client_key_once"),
            models.CheckConstraint(
                condition=Q(role=Role.ASSISTANT) | ~Q(status__in=LIVE), name="message_only_replies_live"
            ),
        )
        indexes = (
            models.Index(fields=["conversation", "rev"], name="message_changes"),
            models.Index(
                fields=["conversation", "created_at"], name="message_live", condition=Q(status__in=LIVE)
            ),
            models.Index(fields=["conversation"], name="message_roots", condition=Q(parent=None)),
        )

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"

    @property
    def text(self) -> str:
        return self.content + self.tail

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def can_continue(self) -> bool:
        """Whether more may be appended to what this reply has."""
        cut = self.status in (Status.STOPPED, Status.INTERRUPTED)
        return cut or (self.status == Status.COMPLETE and self.finish_reason == FinishReason.LENGTH)

    @property
    def can_regenerate(self) -> bool:
        """Whether another version of this reply may be asked for, so far as the reply itself knows."""
        return self.role == Role.ASSISTANT and not self.is_live


class Chunk(models.Model):
    """Text of a running reply, stored at its offset: storing it twice does no harm."""

    pk = models.CompositePrimaryKey("message_id", "start")
    message = models.ForeignKey(Message, models.CASCADE, related_name="chunks", db_index=False)
    start = models.PositiveIntegerField()  # code points of the reply before this chunk
    text = models.TextField()

    objects: ClassVar[ChunkQuerySet] = ChunkQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = (F("start").asc(),)

    def __str__(self) -> str:
        return f"{self.message_id} from {self.start}"


class QueueState(models.TextChoices):
    """What became of a message that was sent while an answer ran. Only one that waits has its text here."""

    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class QueuedMessage(models.Model):
    """A message that waits for the answer before it, and later the trace that its key has been used."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="queue", db_index=False)
    client_key = models.CharField(max_length=64, editable=False)
    place = models.PositiveIntegerField()  # among all that ever waited in the conversation
    state = models.CharField(_("state"), max_length=9, choices=QueueState, default=QueueState.WAITING)
    text = models.TextField(_("text"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    digest = later(DIGEST)

    objects: ClassVar[QueueQuerySet] = QueueQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["conversation", "client_key"], name="queued_client_key_once"),
        )
        indexes = (
            models.Index(
                fields=["conversation", "place"], name="queued_waiting", condition=Q(state=QueueState.WAITING)
            ),
        )

    def __str__(self) -> str:
        return f"{self.state} in {self.conversation_id}"


class Draft(models.Model):
    """What somebody is writing and has not sent, in a conversation or, without one, for a new one.

    Each is written by one page alone, which names it and counts its `version`; whoever writes on elsewhere
    begins another that replaces it. What was sent, replaced or thrown away is `closed` for good: the trace of
    what came last. `rev` is the account's.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts", db_index=False)
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, null=True, blank=True, related_name="drafts", db_index=False
    )
    text = models.TextField(_("text"), blank=True)
    version = models.PositiveIntegerField()
    closed = models.BooleanField(default=False, db_default=False)
    rev = models.PositiveBigIntegerField()
    updated_at = models.DateTimeField(_("changed"))

    class Meta:
        indexes = (
            models.Index(fields=["owner", "conversation", "rev"], name="draft_open", condition=~Q(text="")),
            models.Index(fields=["updated_at"], name="draft_over", condition=Q(text="")),
        )

    def __str__(self) -> str:
        return f"{self.pk}, version {self.version}"


class Verdict(models.TextChoices):
    UP = "up", _("Good answer")
    DOWN = "down", _("Bad answer")


class Feedback(models.Model):
    """What somebody thinks of a reply."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="feedback", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="feedback")
    verdict = models.CharField(_("verdict"), max_length=4, choices=Verdict)
    note = models.TextField(_("note"), blank=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["message", "user"], name="feedback_once"),)
        verbose_name = verbose_name_plural = _("feedback")

    def __str__(self) -> str:
        return f"{self.verdict} for {self.message_id}"
