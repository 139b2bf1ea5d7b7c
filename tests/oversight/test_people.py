import pytest
from django.core.exceptions import PermissionDenied

from apps.accounts.events import AccessEnded
from apps.accounts.models import User
from apps.accounts.sessions import still_signed_in
from apps.events import Event
from apps.oversight import people
from apps.oversight.audit import Actor
from apps.oversight.models import AuditEntry, What
from tests.factories import ConversationFactory, UserFactory
from tests.web.conftest import session_of
from tests.web.desks import staff_with

pytestmark = pytest.mark.django_db
DEEDS = list(people.DEEDS)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    events: list[Event] = []
    monkeypatch.setattr("apps.accounts.blocking.publish_on_commit", lambda *told: events.extend(told))
    return events


@pytest.fixture
def clerk(db: None) -> User:
    return staff_with("change_user")


def people_by_rank() -> dict[str, User]:
    return {
        "anybody": UserFactory(),
        "staff": UserFactory(is_staff=True),
        "administrator": UserFactory(is_staff=True, is_superuser=True),
    }


def test_whoever_has_rights_is_the_business_of_administrators(staff: User, clerk: User) -> None:
    ranks = people_by_rank()

    assert {rank: people.may_act_on(clerk, user) for rank, user in ranks.items()} == {
        "anybody": True, "staff": False, "administrator": False
    }  # fmt: skip
    assert all(people.may_act_on(staff, user) for user in ranks.values())


@pytest.mark.parametrize("what", DEEDS)
def test_nobody_acts_on_themselves(staff: User, what: What) -> None:
    with pytest.raises(PermissionDenied):
        people.do(Actor(staff), what, staff)

    assert User.objects.get(pk=staff.pk).is_active
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("what", DEEDS)
def test_a_deed_goes_on_record(staff: User, owner: User, what: What) -> None:
    owner_id = owner.pk

    people.do(Actor(staff, address="192.0.2.7"), what, owner)

    entry = AuditEntry.objects.get()
    assert (entry.what, entry.owner_id, entry.staff_id) == (what, owner_id, staff.pk)
    assert entry.address == "192.0.2.7"


def test_blocking_ends_all_access_and_unblocking_gives_it_back(
    staff: User, owner: User, published: list[Event]
) -> None:
    session = session_of(owner)

    people.do(Actor(staff), What.BLOCKED, owner)

    assert not User.objects.get(pk=owner.pk).is_active
    assert AccessEnded(user_id=owner.pk) in published
    people.do(Actor(staff), What.UNBLOCKED, owner)
    assert User.objects.get(pk=owner.pk).is_active
    assert not still_signed_in(session, owner.pk)


def test_deleting_takes_everything_but_the_entry(staff: User, owner: User) -> None:
    ConversationFactory(owner=owner)

    people.do(Actor(staff), What.DELETED, owner)

    assert not User.objects.filter(email="owner@example.org").exists()
    assert AuditEntry.objects.get().owner_email == "owner@example.org"
