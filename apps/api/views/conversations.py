"""Conversations: found, begun, changed, deleted and taken back."""

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from pydantic import Field
from rest_framework.request import Request

from apps.api import cursors
from apps.api.authentication import access_of
from apps.api.bodies import ConversationChange, NewConversation
from apps.api.documents.operation import operation
from apps.api.errors import Code
from apps.api.fields import Cursor, Flag, Limit, Said, Words
from apps.api.found import found_conversation
from apps.api.pages import ConversationPage
from apps.api.parsing import body_of, query_of
from apps.api.schemas import Conversation
from apps.api.views.base import Door, answer, nothing
from apps.api.wishes import Begin, Change, Delete, Restore, grant
from apps.chat import reading


class ConversationQuery(Said):
    """Which conversations to list."""

    limit: Limit = 50
    cursor: Cursor | None = None
    archived: Flag | None = Field(
        default=None, description="Only what is in the archive, or only what is not."
    )
    pinned: Flag | None = Field(default=None, description="Only what is pinned, or only what is not.")
    words: Words = ""


class Conversations(Door):
    tag = "Conversations"

    @operation(
        "listConversations",
        "List your conversations",
        {200: (ConversationPage, "The latest active first.")},
        query=ConversationQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """Archived ones are among them unless you say otherwise."""
        query = query_of(request, ConversationQuery)
        rows, more = reading.matching_page(
            access_of(request).user.pk,
            pinned=query.pinned,
            archived=query.archived,
            words=query.words,
            behind=cursors.mark_of(query.cursor) if query.cursor is not None else None,
            size=query.limit,
        )
        page = ConversationPage(
            items=[Conversation.of(row) for row in rows], next=cursors.spelled_mark(more) if more else None
        )
        return answer(page)

    @operation(
        "beginConversation",
        "Begin a conversation",
        {201: (Conversation, "Begun."), 200: (Conversation, "Begun before, by the same key.")},
        body=NewConversation,
        refuses=(Code.KEY_USED,),
        has_location=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """It is empty; without a title it gets one from its first message."""
        body = body_of(request, NewConversation)
        begun, new = grant(access_of(request), Begin(**dict(body)))
        location = reverse("api:conversation", args=[begun.pk])
        return answer(Conversation.of(begun), 201 if new else 200, Location=location)


class OneConversation(Door):
    tag = "Conversations"

    @operation("readConversation", "Read a conversation", {200: (Conversation, "As it is now.")})
    def get(self, request: Request, conversation_id: UUID) -> HttpResponse:
        return answer(Conversation.of(found_conversation(access_of(request), conversation_id)))

    @operation(
        "changeConversation",
        "Change a conversation",
        {200: (Conversation, "As it is now.")},
        body=ConversationChange,
    )
    def patch(self, request: Request, conversation_id: UUID) -> HttpResponse:
        """Title, model, instructions, pin and archive: what you name is changed, together or not at all."""
        body = body_of(request, ConversationChange)
        wish = Change(conversation_id=conversation_id, **dict(body))
        return answer(Conversation.of(grant(access_of(request), wish)))

    @operation("deleteConversation", "Delete a conversation", {204: (None, "Deleted.")})
    def delete(self, request: Request, conversation_id: UUID) -> HttpResponse:
        """Replies that are being written end. It can be taken back."""
        grant(access_of(request), Delete(conversation_id=conversation_id))
        return nothing()


class Restoration(Door):
    tag = "Conversations"

    @operation("restoreConversation", "Take back a deletion", {200: (Conversation, "There again.")})
    def post(self, request: Request, conversation_id: UUID) -> HttpResponse:
        """Of one that was not deleted nothing changes."""
        wish = Restore(conversation_id=conversation_id)
        return answer(Conversation.of(grant(access_of(request), wish)))
