"""Where the settings live."""

from django.urls import path

from apps.web.settings import views

urlpatterns = [
    path("", views.index, name="all_settings"),
    path("<slug:slug>/", views.section, name="settings"),
]
