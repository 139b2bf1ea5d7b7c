"""Where the settings live."""

from django.urls import path

from apps.web.settings import account, readings, tokens, views

urlpatterns = [
    path("", views.index, name="all_settings"),
    path("devices/", account.devices, name="devices"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/new/", tokens.new, name="token_new"),
    path("tokens/<uuid:token_id>/revoke/", tokens.end, name="token_revoke"),
    path("readings/", readings.readings, name="readings"),
    path("delete/", account.delete, name="delete_account"),
    path("<slug:slug>/", views.section, name="settings"),
]
