"""The administration: Django's, as far as that goes. What people write is shown to whoever may read it, and
never without an entry in the audit."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.web.admin import conversations, people, records

admin.site.site_header = admin.site.site_title = _("Administration")
admin.site.index_title = _("Overview")
admin.site.enable_nav_sidebar = False  # all there is stands in the bar on top

__all__ = ["conversations", "people", "records"]
