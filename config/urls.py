"""All routes."""

from django.contrib import admin
from django.urls import include, path

from apps.web.settings.addresses import AddressesView
from config.desk import arrange

arrange()

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/email/", AddressesView.as_view(), name="account_email"),
    path("accounts/", include("allauth.urls")),
    path("settings/", include("apps.web.settings.urls")),
    path("api/v1/", include("apps.api.urls")),
    path("", include("apps.web.urls")),
]

handler429 = "apps.web.outage.too_many"
handler500 = "apps.web.outage.server_error"
