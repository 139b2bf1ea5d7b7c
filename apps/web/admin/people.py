"""People as administrators see them: what is theirs, as figures, and what can be done about their access."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.forms import NewcomerForm
from apps.accounts.models import User
from apps.generation.usage import Activity, Figure, PersonalUsage, activity_of_users, usage_of_user
from apps.oversight import people
from apps.oversight.models import What
from apps.web.admin.actors import actor_of
from apps.web.admin.lists import CappedPaginator, CarefulChangeList, Desk, number
from apps.web.personal import person

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")
FIGURES = ("conversations", "messages", "tokens", "activity")
MOST_LISTED = 1_000  # conversations of each person in a list
OFFERED = (What.BLOCKED, What.UNBLOCKED, What.SIGNED_OUT, What.TOKENS)  # as buttons


class UserList(CarefulChangeList):
    """Knows of each row of its page what is theirs."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        activity = activity_of_users([user.pk for user in self.result_list], up_to=MOST_LISTED)
        for user in self.result_list:
            user.activity = activity[user.pk]


@admin.register(User)
class UserAdmin(Desk, BaseUserAdmin):  # type: ignore[type-arg]  # Django's own class takes none
    list_display = ("email", "state", "conversations", "activity", "last_login", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser", "date_joined")
    lookups = (
        "is_active__exact", "is_staff__exact", "is_superuser__exact", "date_joined__gte", "date_joined__lt"
    )  # fmt: skip
    search_fields = ("email", "first_name")
    sortable_by = ()
    ordering = ("-id",)
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = CappedPaginator
    actions = ("block", "unblock", "sign_out")
    add_form_template = change_form_template = "admin/accounts/user/person.html"
    change_user_password_template = "admin/accounts/user/password.html"  # noqa: S105 - a template
    fieldsets = (
        (None, {"fields": ("email", "first_name", "is_active")}),
        (_("Usage"), {"fields": FIGURES}),
        (_("Permissions"), {"fields": RIGHTS}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_form = NewcomerForm
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "password1", "password2")}),)

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        return UserList

    def get_actions(self, request: HttpRequest) -> Any:
        """None that deletes: that is done with one account before one's eyes."""
        actions = super().get_actions(request)
        return {name: action for name, action in actions.items() if name in self.actions}

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **options: Any
    ) -> Any:
        """Without Django's advice on a box that is a sign here."""
        return super().get_form(request, obj, change=change, help_texts={"is_active": ""}, **options)

    # -- Who may what ------------------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever adds somebody knows their password."""
        return person(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or people.may_change(person(request), obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """What is deleted is gone for good."""
        return person(request).is_superuser and (obj is None or people.may_act_on(person(request), obj))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """An address is its owner's to change: whoever changes it could sign in as them. Buttons block."""
        fixed = ["email", "is_active", "last_login", "date_joined", *FIGURES]
        if not person(request).is_superuser:
            fixed += RIGHTS
        if obj == person(request):
            fixed += ("is_staff", "is_superuser")
        return fixed if obj else ()

    # -- What is done ------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Of somebody known, what was filled in and no more: the rest may have changed since it was read."""
        if change:
            columns = {field.name for field in self.opts.concrete_fields}
            obj.save(update_fields=columns.intersection(form.changed_data))
        else:
            people.add(actor_of(request), obj)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        people.do(actor_of(request), What.DELETED, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What is told before: figures, for there may be very much."""
        [user] = objs
        told = {
            _("conversations"): counted(activity_of_users([user.pk])[user.pk].conversations),
            _("messages"): counted(usage_of_user(user).messages),
        }
        return [str(user)], told, set(), []

    @admin.action(description=_("Block"), permissions=["change"])
    def block(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self._do(request, What.BLOCKED, users)

    @admin.action(description=_("Unblock"), permissions=["change"])
    def unblock(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self._do(request, What.UNBLOCKED, users)

    @admin.action(description=_("Sign out everywhere"), permissions=["change"])
    def sign_out(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self._do(request, What.SIGNED_OUT, users)

    def _do(self, request: HttpRequest, what: What, users: QuerySet[User]) -> None:
        """To as many of them as may be; and say to how many that was not done."""
        actor = actor_of(request)
        mine = [user for user in users if people.may_act_on(actor.staff, user)]
        for user in mine:
            people.do(actor, what, user)
        if mine:
            self.message_user(request, done(what, len(mine)), messages.SUCCESS)
        if left := len(users) - len(mine):
            told = ngettext(
                "{count} account was left as it is: it is your own, or you may not change it.",
                "{count} accounts were left as they are: they are your own, or you may not change them.",
                left,
            )
            self.message_user(request, told.format(count=left), messages.WARNING)

    # -- Pages of its own --------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.do)
        return [path("<int:user_id>/do/", view, name="accounts_user_do"), *super().get_urls()]

    def do(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """What one of the buttons says."""
        what = request.POST.get("what")
        if request.method != "POST" or what not in OFFERED:
            raise Http404
        user = get_object_or_404(User, pk=user_id)
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        people.do(actor_of(request), What(what), user)
        self.message_user(request, done(What(what), 1), messages.SUCCESS)
        return redirect("admin:accounts_user_change", user_id)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 - Django's
        """Whoever sets a password could sign in with it: only administrators, and it goes on record."""
        user = self.get_object(request, id)
        if user is None or not person(request).is_superuser or user == person(request):
            raise PermissionDenied
        with transaction.atomic():
            before = User.objects.select_for_update(no_key=True).get(pk=user.pk).password
            response: HttpResponse = super().user_change_password(request, id, form_url)
            user.refresh_from_db(fields=["password"])
            if user.password != before:
                people.do(actor_of(request), What.PASSWORD, user)
        return response

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> Any:
        user: User | None = options["obj"]
        if user:
            user.activity = activity_of_users([user.pk])[user.pk]  # type: ignore[attr-defined]
            user.usage = usage_of_user(user)  # type: ignore[attr-defined]
            may_act = self.has_change_permission(request, user) and people.may_act_on(person(request), user)
            context["live_tokens"] = user.tokens.live().count() if may_act else 0
            context["deeds"] = _deeds_for(user, context["live_tokens"]) if may_act else ()
            context["may_set_password"] = may_act and person(request).is_superuser
        return super().render_change_form(request, context, *args, **options)

    # -- What is shown -----------------------------------------------------------------------------

    @admin.display(description=_("state"))
    def state(self, user: User) -> SafeString:
        badges = [
            ("failed", _("Blocked"), not user.is_active),
            ("rights", _("Administrator"), user.is_superuser),
            ("rights", _("Staff"), user.is_staff and not user.is_superuser),
        ]
        shown = [(kind, said) for kind, said, holds in badges if holds]
        return format_html_join(" ", '<span class="state state-{}">{}</span>', shown)

    @admin.display(description=_("conversations"))
    def conversations(self, user: User) -> SafeString:
        address = reverse("admin:chat_conversation_changelist")
        count = counted(_activity(user).conversations)
        return format_html('<a href="{}?owner__id__exact={}">{}</a>', address, user.pk, count)

    @admin.display(description=_("messages"))
    def messages(self, user: User) -> str:
        return counted(_usage(user).messages)

    @admin.display(description=_("last activity"))
    def activity(self, user: User) -> str:
        latest = _activity(user).latest
        return date_format(timezone.localtime(latest), "DATETIME_FORMAT") if latest else "–"

    @admin.display(description=_("tokens"))
    def tokens(self, user: User) -> str:
        return counted(_usage(user).tokens)


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(Desk, BaseGroupAdmin):
    """Rights are given by administrators alone."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return person(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return person(request).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return person(request).is_superuser


def done(what: What, count: int) -> str:
    """What has been done to so many accounts, in words."""
    said = {
        What.BLOCKED: ngettext("{count} account blocked.", "{count} accounts blocked.", count),
        What.UNBLOCKED: ngettext("{count} account unblocked.", "{count} accounts unblocked.", count),
        What.SIGNED_OUT: ngettext(
            "{count} account signed out everywhere. API tokens are as they were.",
            "{count} accounts signed out everywhere. API tokens are as they were.",
            count,
        ),
        What.TOKENS: ngettext(
            "API tokens of {count} account revoked.", "API tokens of {count} accounts revoked.", count
        ),
    }
    return said[what].format(count=count)


def _deeds_for(user: User, live_tokens: int) -> list[tuple[str, str]]:
    """The buttons that make sense now: what they do, and what they say."""
    deeds = {
        What.SIGNED_OUT: (gettext("Sign out everywhere"), user.is_active),
        What.TOKENS: (gettext("Revoke API tokens"), live_tokens > 0),
        What.UNBLOCKED: (gettext("Unblock"), not user.is_active),
        What.BLOCKED: (gettext("Block"), user.is_active),
    }
    return [(what, said) for what, (said, makes_sense) in deeds.items() if makes_sense]


def counted(figure: Figure) -> str:
    """As far as was counted."""
    shown = number(figure.number)
    return gettext("more than {count}").format(count=shown) if figure.is_more else shown


def _activity(user: User) -> Activity:
    activity: Activity = user.activity  # type: ignore[attr-defined]  # of each row of a page
    return activity


def _usage(user: User) -> PersonalUsage:
    usage: PersonalUsage = user.usage  # type: ignore[attr-defined]  # of the one whose page it is
    return usage
