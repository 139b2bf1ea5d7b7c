"""Where the chat lives."""

from django.urls import path

from apps.web import diagrams, list_views, message_views, views

urlpatterns = [
    path("", views.new, name="new"),
    path("conversations/", list_views.conversations, name="conversations"),
    path("archive/", list_views.archive, name="archive"),
    path("palette/", list_views.palette, name="palette"),
    path("offline/", views.offline, name="offline"),  # as static/root/worker.js spells it
    path("diagram/", diagrams.studio, name="diagram"),
    # What lies below a conversation's address is written behind it in the templates.
    path("c/<uuid:conversation_id>/", views.conversation, name="conversation"),
    path("c/<uuid:conversation_id>/above/<uuid:message_id>/", views.older, name="older"),
    path("c/<uuid:conversation_id>/below/<uuid:message_id>/", views.newer, name="newer"),
    path("c/<uuid:conversation_id>/at/<uuid:message_id>/", views.at, name="at"),
    path("c/<uuid:conversation_id>/details/<uuid:message_id>/", message_views.details, name="details"),
    path("c/<uuid:conversation_id>/feedback/<uuid:message_id>/", message_views.note, name="feedback"),
    path("c/<uuid:conversation_id>/source/<uuid:message_id>/", views.source, name="source"),
    path("c/<uuid:conversation_id>/<slug:name>/", views.command, name="command"),
]
