"""All routes."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from apps.web.settings.addresses import AddressesView

# By the one entrance, with every factor that it asks for.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as allauth would have it
admin.site.password_change = RedirectView.as_view(  # type: ignore[method-assign,assignment]  # guessed there, too
    pattern_name="account_change_password"
)

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
