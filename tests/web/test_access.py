import uuid

import pytest

from apps.accounts.models import User
from apps.chat.actions import delete
from apps.web.access import may_watch
from tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db


def test_people_may_watch_what_is_theirs_and_there(owner: User, stranger: User) -> None:
    mine, deleted = ConversationFactory.create_batch(2, owner=owner)
    delete(owner, deleted.pk)

    assert may_watch(owner.pk, mine.pk)
    for user, pk in ((stranger, mine.pk), (owner, deleted.pk), (owner, uuid.uuid4())):
        assert not may_watch(user.pk, pk)
