"""Where the settings live."""

from django.urls import path

from apps.web.settings import account, views

urlpatterns = [
    path("", views.index, name="all_settings"),
    path("devices/", account.devices, name="devices"),
    path("delete/", account.delete, name="delete_account"),
    path("<slug:slug>/", views.section, name="settings"),
]
