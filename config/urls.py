"""All routes."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("settings/", include("apps.web.settings.urls")),
    path("", include("apps.web.urls")),
]

handler500 = "apps.web.outage.server_error"
