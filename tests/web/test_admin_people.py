from unittest.mock import Mock

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from apps.accounts.access import by_token
from apps.accounts.blocking import block
from apps.accounts.models import User
from apps.oversight.models import AuditEntry, What
from tests.factories import ReplyFactory, TokenFactory, UserFactory
from tests.web.desks import METADATA, desk_of, staff_with

pytestmark = pytest.mark.django_db

USERS = "admin:accounts_user_changelist"
SECRET = "colloquy_secret"


@pytest.fixture
def clerk(db: None) -> User:
    return staff_with(*METADATA)


def page_of(user: User) -> str:
    return reverse("admin:accounts_user_change", args=[user.pk])


def press(desk: Client, user: User, what: str) -> int:
    return desk.post(reverse("admin:accounts_user_do", args=[user.pk]), {"what": what}).status_code


def select(desk: Client, action: str, *users: User) -> str:
    chosen = {"action": action, "_selected_action": [user.pk for user in users]}
    return desk.post(reverse(USERS), chosen, follow=True).content.decode()


def is_active(user: User) -> bool:
    return User.objects.get(pk=user.pk).is_active


def saved(desk: Client, user: User, **fields: object) -> int:
    """Save the form of a user as a browser would, but for these fields."""
    shown = desk.get(page_of(user)).context["adminform"].form
    kept = {name: shown[name].value() for name in shown.fields}
    given = {name: value for name, value in {**kept, **fields}.items() if value not in (None, False)}
    return desk.post(page_of(user), given).status_code


@pytest.mark.parametrize(("what", "was", "becomes"), [("blocked", True, False), ("unblocked", False, True)])
def test_a_button_blocks_and_unblocks(
    clerk: User, owner: User, what: str, *, was: bool, becomes: bool
) -> None:
    User.objects.filter(pk=owner.pk).update(is_active=was)

    assert press(desk_of(clerk), owner, what) == 302

    assert is_active(owner) == becomes
    assert AuditEntry.objects.get().what == what


def test_a_button_signs_out_everywhere(clerk: User, owner: User) -> None:
    page = desk_of(owner)
    assert page.get("/").status_code == 200

    assert press(desk_of(clerk), owner, "signed_out") == 302

    assert page.get("/").status_code == 302
    assert AuditEntry.objects.get().what == What.SIGNED_OUT


def test_a_button_revokes_tokens_and_leaves_sessions(clerk: User, owner: User) -> None:
    page = desk_of(owner)
    TokenFactory(user=owner, secret=SECRET)

    assert press(desk_of(clerk), owner, "tokens") == 302

    assert by_token(SECRET) is None
    assert page.get("/").status_code == 200
    assert AuditEntry.objects.get().what == What.TOKENS


def test_what_leaves_tokens_says_so_where_there_are_any(clerk: User, owner: User) -> None:
    desk = desk_of(clerk)
    without = desk.get(page_of(owner)).content.decode()
    TokenFactory.create_batch(2, user=owner)

    html = desk.get(page_of(owner)).content.decode()
    told = select(desk, "sign_out", owner)

    assert "Revoke API tokens" in html
    assert "This account has 2 API tokens. Signing out everywhere leaves them as they are" in html
    assert "1 account signed out everywhere. API tokens are as they were." in told
    assert "API token" not in without.split('id="content"')[1]


def test_a_form_neither_blocks_nor_lifts_a_block_that_it_has_not_seen(clerk: User, owner: User) -> None:
    desk = desk_of(clerk)
    saved(desk, owner, first_name="Ada", is_active=False)
    assert is_active(owner)
    block(owner)

    assert desk.post(page_of(owner), {"first_name": "Lovelace", "is_active": "on"}).status_code == 302

    assert User.objects.get(pk=owner.pk).first_name == "Lovelace"
    assert not is_active(owner)


def test_saving_a_form_leaves_alone_what_has_changed_meanwhile(clerk: User, owner: User) -> None:
    asked = Mock(changed_data=["first_name", "groups"])
    read = User.objects.get(pk=owner.pk)
    block(owner)
    read.first_name = "Ada"

    site._registry[User].save_model(Mock(user=clerk), read, asked, change=True)

    assert User.objects.get(pk=owner.pk).first_name == "Ada"
    assert not is_active(owner)


def test_saving_a_name_is_no_deed(clerk: User, owner: User) -> None:
    assert saved(desk_of(clerk), owner, first_name="Ada") == 302

    assert User.objects.get(pk=owner.pk).first_name == "Ada"
    assert not AuditEntry.objects.exists()


def test_several_are_blocked_at_once_but_not_who_may_not_be(clerk: User, owner: User, staff: User) -> None:
    other = UserFactory()

    html = select(desk_of(clerk), "block", owner, other, staff, clerk)

    assert [is_active(user) for user in (owner, other, staff, clerk)] == [False, False, True, True]
    assert "2 accounts blocked." in html
    assert "2 accounts were left as they are" in html


@pytest.mark.parametrize("action", ["block", "unblock", "sign_out"])
def test_who_may_only_look_does_nothing(owner: User, action: str) -> None:
    desk = desk_of(staff_with("view_user"))

    select(desk, action, owner)
    refused = [press(desk, owner, what) for what in ("blocked", "unblocked", "signed_out", "tokens")]

    assert refused == [403] * 4
    assert is_active(owner)
    assert not AuditEntry.objects.exists()


def test_nobody_blocks_themselves(staff: User) -> None:
    desk = desk_of(staff)

    assert press(desk, staff, "blocked") == 403
    select(desk, "block", staff)
    saved(desk, staff, is_active=False, is_superuser=False, is_staff=False)

    staff.refresh_from_db()
    assert (staff.is_active, staff.is_staff, staff.is_superuser) == (True, True, True)


@pytest.mark.parametrize("rank", [{"is_staff": True}, {"is_staff": True, "is_superuser": True}])
def test_staff_do_not_touch_whoever_has_rights(clerk: User, rank: dict[str, bool]) -> None:
    user, desk = UserFactory(**rank), desk_of(clerk)

    answers = [
        press(desk, user, "blocked"),
        desk.post(page_of(user), {"is_active": ""}).status_code,
        desk.post(reverse("admin:accounts_user_delete", args=[user.pk]), {"post": "yes"}).status_code,
        desk.get(reverse("admin:auth_user_password_change", args=[user.pk])).status_code,
    ]

    assert answers == [403] * 4
    assert is_active(user)


@pytest.mark.parametrize("field", ["is_staff", "is_superuser", "user_permissions"])
def test_staff_raise_no_rights(clerk: User, owner: User, field: str) -> None:
    value: object = [Permission.objects.get(codename="read_content").pk] if field[0] == "u" else "on"

    for user in (owner, clerk):
        desk_of(clerk).post(page_of(user), {"is_active": "on", field: value})

    for user in User.objects.filter(pk__in=[owner.pk, clerk.pk]):
        assert not user.is_superuser
        assert not user.has_perm("oversight.read_content")
    assert not User.objects.get(pk=owner.pk).is_staff


def test_accounts_are_deleted_by_administrators_alone(clerk: User, owner: User) -> None:
    address = reverse("admin:accounts_user_delete", args=[owner.pk])

    assert desk_of(clerk).post(address, {"post": "yes"}).status_code == 403


def test_groups_are_the_business_of_administrators(owner: User) -> None:
    desk = desk_of(staff_with("add_group", "change_group", "view_group"))

    assert desk.get(reverse("admin:auth_group_add")).status_code == 403


def test_an_address_is_changed_by_nobody_but_its_owner(admin_client: Client, owner: User) -> None:
    saved(admin_client, owner, email="mine@example.org")

    assert User.objects.get(pk=owner.pk).email == "owner@example.org"


def test_an_account_is_deleted_with_all_that_is_in_it(staff: User, owner: User) -> None:
    ReplyFactory(parent__conversation__owner=owner, parent__conversation__title="planted")
    address = reverse("admin:accounts_user_delete", args=[owner.pk])
    desk = desk_of(staff)

    before = desk.get(address).content.decode()
    assert desk.post(address, {"post": "yes"}).status_code == 302

    assert "planted" not in before
    assert not User.objects.filter(pk=owner.pk).exists()
    assert AuditEntry.objects.get().what == What.DELETED


@pytest.mark.parametrize("what", ["deleted", "opened", "", "nothing"])
def test_a_button_that_is_not_there_does_nothing(clerk: User, owner: User, what: str) -> None:
    assert press(desk_of(clerk), owner, what) == 404
    assert desk_of(clerk).get(reverse("admin:accounts_user_do", args=[owner.pk])).status_code == 404
