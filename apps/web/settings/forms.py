"""The forms of the settings: each shows what is stored for somebody, and stores what they choose instead."""

from functools import cache
from itertools import groupby
from typing import Any, ClassVar, TypeAlias
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from apps.accounts import actions
from apps.accounts.models import Preferences, Theme, User
from apps.chat.text import MAX_INSTRUCTIONS, MAX_NAME, TextRejected, admit, admit_optional, admit_title
from apps.llm.registry import model_names
from apps.web import wording

Choices: TypeAlias = list[tuple[str, Any]]

REGIONS = {
    "Africa": _("Africa"), "America": _("America"), "Antarctica": _("Antarctica"), "Arctic": _("Arctic"),
    "Asia": _("Asia"), "Atlantic": _("Atlantic"), "Australia": _("Australia"), "Europe": _("Europe"),
    "Indian": _("Indian Ocean"), "Pacific": _("Pacific"),
}  # fmt: skip


class OptionalText(forms.CharField):
    """Text as the text gate lets it in; nothing to see in it is no text."""

    def __init__(self, *, limit: int, on_one_line: bool = False, **options: Any) -> None:
        super().__init__(required=False, strip=False, **options)
        self._limit = limit
        self._gate = admit_title if on_one_line else admit
        self.widget.attrs.update({"maxlength": limit, "dir": "auto"})

    def to_python(self, value: object) -> str:
        try:
            return admit_optional(value or "", limit=self._limit, gate=self._gate)
        except TextRejected as rejected:
            raise forms.ValidationError(str(wording.rejection(rejected.code).sentence)) from rejected


class PreferencesForm(forms.Form):
    """Fields are named as in Preferences."""

    def __init__(self, user: User, preferences: Preferences, data: Any = None) -> None:
        self.user = user
        super().__init__(data, initial=self.stored(preferences))

    def stored(self, preferences: Preferences) -> dict[str, Any]:
        return {name: getattr(preferences, name) for name in self.base_fields}

    def store(self) -> None:
        actions.prefer(self.user, **self.cleaned_data)


class ProfileForm(PreferencesForm):
    name = OptionalText(
        label=_("Name"),
        limit=MAX_NAME,
        on_one_line=True,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("Shown to you in place of your email address."),
    )

    def stored(self, preferences: Preferences) -> dict[str, Any]:
        return {"name": self.user.first_name}

    def store(self) -> None:
        actions.give_name(self.user, self.cleaned_data["name"])


class AppearanceForm(PreferencesForm):
    theme = forms.ChoiceField(label=_("Theme"), choices=Theme.choices, widget=forms.RadioSelect)


def language_choices() -> Choices:
    """Each language by its own name."""
    named = [(code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES]
    return [("", _("As the browser asks for")), *named]


@cache
def time_zone_choices() -> Choices:
    """Cities by region; the zones that are only other names for them are left out."""
    zones = sorted(
        zone.partition("/")[::2] for zone in available_timezones() if zone.startswith(tuple(REGIONS))
    )
    regions: list[Any] = [
        (REGIONS[region], [(f"{region}/{city}", _spelt(city)) for _region, city in cities if city])
        for region, cities in groupby(zones, key=lambda zone: zone[0])
    ]
    return [("", _("As the browser says")), ("UTC", "UTC"), *regions]


def _spelt(city: str) -> str:
    return city.replace("_", " ").replace("/", ", ")


class LanguageForm(PreferencesForm):
    language = forms.ChoiceField(label=_("Language"), choices=language_choices, required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=time_zone_choices,
        required=False,
        help_text=_("Dates and times are shown in it."),
    )


class InstructionsForm(PreferencesForm):
    instructions = OptionalText(
        label=_("What should every model know or heed?"),
        limit=MAX_INSTRUCTIONS,
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text=_("Given to the model with every message of yours, in every conversation."),
    )


class WritingForm(PreferencesForm):
    ENTER: ClassVar[list[tuple[bool, str | Promise]]] = [
        (True, _("Enter sends, Shift and Enter start a new line")),
        (False, _("Enter starts a new line, Ctrl or ⌘ and Enter send")),
    ]

    model_name = forms.ChoiceField(
        label=_("Model for new conversations"), choices=lambda: [(name, name) for name in model_names()]
    )
    enter_sends = forms.TypedChoiceField(
        label=_("In the message box"),
        choices=ENTER,
        coerce=lambda value: value == "True",
        widget=forms.RadioSelect,
    )

    def __init__(self, user: User, preferences: Preferences, data: Any = None) -> None:
        super().__init__(user, preferences, data)
        if len(model_names()) == 1:
            del self.fields["model_name"]


class NotificationsForm(PreferencesForm):
    notify = forms.BooleanField(
        label=_("Notify me when an answer is ready"),
        required=False,
        help_text=_(
            "Only while you look at something else. It names the conversation, never what was written."
        ),
    )
