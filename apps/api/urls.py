"""Where programs find what: below /api/v1/."""

from django.urls import path

from apps.api.views import conversations, documents, messages, oneself, queue, replies, streams

app_name = "api"

CONVERSATION = "conversations/<uuid:conversation_id>"
MESSAGE = "messages/<uuid:message_id>"

urlpatterns = [
    path("docs/", documents.page, name="docs"),
    path("docs/socket/", documents.socket_page, name="socket-docs"),
    path("asyncapi.json", documents.document, {"name": "asyncapi.json"}, name="asyncapi"),
    path("openapi.json", documents.document, {"name": "openapi.json"}, name="openapi"),
    path("me", oneself.Myself.as_view(), name="me"),
    path("models", oneself.ModelList.as_view(), name="models"),
    path("tickets", oneself.Tickets.as_view(), name="tickets"),
    path("events", streams.ListEvents.as_view(), name="events"),
    path("conversations", conversations.Conversations.as_view(), name="conversations"),
    path(CONVERSATION, conversations.OneConversation.as_view(), name="conversation"),
    path(f"{CONVERSATION}/restore", conversations.Restoration.as_view(), name="restore"),
    path(f"{CONVERSATION}/messages", messages.Messages.as_view(), name="messages"),
    path(f"{CONVERSATION}/events", streams.ConversationEvents.as_view(), name="conversation-events"),
    path(f"{CONVERSATION}/tree", messages.Tree.as_view(), name="tree"),
    path(f"{CONVERSATION}/queue", queue.QueueOf.as_view(), name="queue"),
    path(f"{CONVERSATION}/queue/resume", queue.Resumption.as_view(), name="resume"),
    path(f"{CONVERSATION}/queue/<uuid:queued_id>", queue.OneQueued.as_view(), name="queued"),
    path(MESSAGE, messages.OneMessage.as_view(), name="message"),
    path(f"{MESSAGE}/attempts", messages.AttemptsAt.as_view(), name="attempts"),
    path(f"{MESSAGE}/stop", replies.Stopping.as_view(), name="stop"),
    path(f"{MESSAGE}/continue", replies.Continuing.as_view(), name="continue"),
    path(f"{MESSAGE}/regenerate", replies.Versions.as_view(), name="regenerate"),
    path(f"{MESSAGE}/edit", replies.Editing.as_view(), name="edit"),
    path(f"{MESSAGE}/choose", replies.Choice.as_view(), name="choose"),
    path(f"{MESSAGE}/feedback", replies.FeedbackOn.as_view(), name="feedback"),
]
