"""All routes."""

from django.contrib import admin
from django.urls import include, path

from apps.ops import views

urlpatterns = [
    path("livez", views.livez),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("", include("apps.web.urls")),
]
