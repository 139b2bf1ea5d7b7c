import asyncio
import uuid

import pytest

from apps.accounts.models import User
from apps.bridge import in_database
from apps.chat import actions, filing
from apps.chat.models import Conversation
from apps.live.hub import hub
from apps.web import liveview
from apps.web.liveview import LiveView
from tests.factories import ChunkFactory, ConversationFactory, MessageFactory, ReplyFactory
from tests.support.running import DEADLINE, running_hub, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return ReplyFactory(
        parent=MessageFactory(conversation=ConversationFactory(owner=owner, rev=3))
    ).conversation


async def test_a_page_that_lacks_nothing_has_no_frame(owner: User, conversation: Conversation) -> None:
    view = LiveView(owner.pk, 0, hub)
    await view.join()
    await view.show(conversation.pk, conversation.rev)

    assert await view.frame() == ""
    await view.leave()


async def test_a_drawing_waits_for_a_database_that_hangs_no_longer_than_it_may(
    owner: User, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = LiveView(owner.pk, 0, hub)
    await view.join()
    await view.show(conversation.pk, 0)
    monkeypatch.setattr(liveview, "DRAWN_WITHIN", 0.01)
    monkeypatch.setattr(liveview, "in_view", lambda draw: lambda *args: asyncio.Event().wait())

    with pytest.raises(TimeoutError):
        await view.frame()
    await view.leave()


async def test_a_view_is_woken_by_what_happens(owner: User, conversation: Conversation) -> None:
    view = LiveView(owner.pk, 0, hub)
    async with running_hub():
        await view.join()
        await view.show(conversation.pk, conversation.rev)
        view.wake.clear()
        await in_database(actions.rename)(owner, conversation.pk, title="Sea")
        await until(view.wake.is_set)
        await view.leave()


async def test_what_was_sent_is_not_sent_again(owner: User, conversation: Conversation) -> None:
    view = LiveView(owner.pk, 0, hub)
    await view.join()
    await view.show(conversation.pk, rev=0)

    assert 'data-rev="3"' in await view.frame()
    assert await view.frame() == ""
    await view.leave()


async def test_another_conversation_takes_the_place_of_the_first(
    owner: User, conversation: Conversation
) -> None:
    view, new = LiveView(owner.pk, 0, hub), uuid.uuid4()
    await view.join()
    await view.show(conversation.pk, conversation.rev)
    await in_database(actions.send_message)(owner, new, key="key-of-one", text="Why?", model_name="demo")

    await view.show(new, rev=0)

    assert view.conversation_id == new
    assert f'data-conversation="{new}" data-rev="1"' in await view.frame()
    assert [mirror for mirror in hub._mirrors if str(conversation.pk) in mirror] == []
    await view.leave()


async def test_a_page_ahead_of_a_restored_backup_is_shown_what_waits_to_be_sent(
    owner: User, conversation: Conversation
) -> None:
    view = LiveView(owner.pk, 0, hub)
    async with running_hub():
        await view.join()
        await view.show(conversation.pk, rev=99)
        before = await frames(view, "#messages")
        for text in ("And now?", "And then?"):
            await in_database(actions.send_message)(owner, conversation.pk, key=text.lower(), text=text)

        assert "innerHTML:#queue" in before
        assert "innerHTML:#queue" in await frames(view, "And then?")
        await view.leave()


async def test_a_page_that_still_shows_what_was_deleted_goes_on_once_it_is_there_again(
    owner: User, conversation: Conversation
) -> None:
    view = LiveView(owner.pk, 0, hub)
    async with running_hub():
        await view.join()
        await view.show(conversation.pk, conversation.rev)
        await in_database(actions.delete)(owner, conversation.pk)
        await until(lambda: view._transcript._mirror.gone)
        assert "#messages" not in await view.frame()
        await in_database(filing.restore)(owner, conversation.pk)
        await in_database(actions.send_message)(owner, conversation.pk, key="key-of-one", text="And now?")

        assert "upsert:#messages" in await frames(view, "And now?")
        await view.leave()


async def test_a_view_that_left_watches_nothing(owner: User, conversation: Conversation) -> None:
    view = LiveView(owner.pk, 0, hub)
    await view.join()
    await view.show(conversation.pk, conversation.rev)

    await view.leave()

    assert not hub._mirrors


async def test_whichever_of_two_conversations_at_once_comes_first_one_is_watched(
    owner: User, conversation: Conversation
) -> None:
    view, other = LiveView(owner.pk, 0, hub), await in_database(ConversationFactory)(owner=owner)
    await view.join()

    await asyncio.gather(view.show(conversation.pk, rev=0), view.show(other.pk, rev=0))

    assert [mirror for mirror in hub._mirrors if str(conversation.pk) in mirror] == []
    await view.leave()
    assert not hub._mirrors


async def test_a_page_that_leaves_while_it_is_shown_something_watches_nothing(
    owner: User, conversation: Conversation
) -> None:
    view = LiveView(owner.pk, 0, hub)
    await view.join()

    await asyncio.gather(view.show(conversation.pk, rev=0), view.leave())

    assert not hub._mirrors


async def test_a_row_drawn_whole_starts_its_growth_anew(owner: User, conversation: Conversation) -> None:
    view, running = LiveView(owner.pk, 0, hub), await in_database(_running)(conversation)
    await view.join()
    await view.show(conversation.pk, rev=conversation.rev)

    frame = await view.frame()

    assert f'id="message-{running}-blocks" hx-swap-oob="innerHTML"' in frame
    assert "beforeend" not in frame
    await view.leave()


async def frames(view: LiveView, text: str) -> str:
    """All that a page is sent up to the frame with `text`."""
    seen = ""
    async with asyncio.timeout(DEADLINE):
        while text not in seen:
            view.wake.clear()
            seen += await view.frame()
            if text not in seen:
                await view.wake.wait()
    return seen


def _running(conversation: Conversation) -> uuid.UUID:
    chunk = ChunkFactory(message=ReplyFactory(parent=conversation.head, streaming=True), text="One.\n\nTwo")
    return chunk.message_id
