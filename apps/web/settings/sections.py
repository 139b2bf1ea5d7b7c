"""The sections of the settings, in the order in which the pages list them."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.web.settings import forms

Words = str | Promise


@dataclass(frozen=True)
class Section:
    """One entry of the list: a form of ours under its `slug`, or whatever `url_name` leads to.

    Pages whose names begin with one of `pages` belong to it, too.
    """

    slug: str
    title: Words
    icon: str
    lead: Words = ""
    form: type[forms.PreferencesForm] | None = None
    url_name: str = ""
    pages: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return reverse(self.url_name) if self.url_name else reverse("settings", args=[self.slug])

    def holds(self, request: HttpRequest) -> bool:
        """Whether what is asked for belongs here."""
        found = request.resolver_match
        name = (found.url_name or "") if found else ""
        return request.path == self.url or (bool(self.pages) and name.startswith(self.pages))


ACCOUNT = (
    Section("profile", _("Profile"), "person", form=forms.ProfileForm, pages=("account_email",)),
    Section(
        "security",
        _("Sign-in and security"),
        "shield",
        url_name="mfa_index",
        pages=("mfa_", "account_change_password", "account_set_password"),
    ),
    Section("devices", _("Devices"), "devices", url_name="devices"),
    Section("tokens", _("API tokens"), "key", url_name="tokens", pages=("token_",)),
    Section("readings", _("Who read what"), "eye", url_name="readings"),
    Section("delete", _("Delete account"), "trash", url_name="delete_account"),
)
PREFERENCES = (
    Section(
        "appearance",
        _("Appearance"),
        "contrast",
        _("On every device that you sign in on."),
        forms.AppearanceForm,
    ),
    Section(
        "language",
        _("Language and time"),
        "globe",
        _("Of these pages. Models answer in the language that they are asked in."),
        forms.LanguageForm,
    ),
    Section(
        "instructions",
        _("Custom instructions"),
        "compose",
        _("Who you are, what you work on, how you like your answers."),
        forms.InstructionsForm,
    ),
    Section(
        "writing", _("Writing"), "pencil", _("What you write with, and to whom."), form=forms.WritingForm
    ),
    Section(
        "notifications",
        _("Notifications"),
        "bell",
        _("For answers that take their time."),
        forms.NotificationsForm,
    ),
)
GROUPS = ((_("Account"), ACCOUNT), (_("Preferences"), PREFERENCES))
FORMS = {section.slug: section for _title, group in GROUPS for section in group if section.form}
