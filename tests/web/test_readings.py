import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.oversight import people
from apps.oversight.audit import Actor, begin_reading, note_deed, note_search, note_titles
from apps.oversight.models import What
from apps.oversight.reading import PAGE
from tests.chat.test_reading import queries
from tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor(staff: User) -> Actor:
    return Actor(staff)


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return ConversationFactory(owner=owner, title="The <sky>")


def read(page: Client, query: str = "") -> str:
    return page.get(f"{reverse('readings')}{query}").content.decode()


def test_it_says_that_nobody_has_read_anything(page: Client) -> None:
    assert "Nobody has read anything of yours." in read(page)


def test_it_tells_who_read_what_and_why(page: Client, actor: Actor, conversation: Conversation) -> None:
    begin_reading(actor, conversation, "They asked for <help>")

    html = read(page)

    for told in ("staff@example.org", "They asked for &lt;help&gt;", "The &lt;sky&gt;"):
        assert told in html
    assert reverse("conversation", args=[conversation.pk]) in html


def test_titles_that_were_seen_at_once_are_told_as_one(page: Client, actor: Actor, owner: User) -> None:
    note_titles(actor, [ConversationFactory(owner=owner, title=f"No. {n}") for n in range(3)])

    html = read(page)

    assert "Saw 3 titles" in html
    assert html.count("staff@example.org") == 1


def test_a_search_that_led_to_a_conversation_is_told_with_its_words(
    page: Client, actor: Actor, conversation: Conversation
) -> None:
    note_search(actor, "nothing of theirs")
    note_titles(actor, [conversation], found_by="sky")

    html = read(page)

    assert "Searched for: “sky”" in html
    assert "nothing of theirs" not in html


def test_a_search_of_their_texts_alone_is_told_though_it_found_nothing(
    page: Client, admin_client: Client, owner: User
) -> None:
    address = reverse("admin:chat_conversation_changelist")

    for words in ("whale", "harpoon"):
        admin_client.get(f"{address}?owner__id__exact={owner.pk}&q={words}&content=1")

    html = read(page)
    assert html.count("Searched your titles and messages") == 2
    assert all(f"Searched for: “{words}”" in html for words in ("whale", "harpoon"))


def test_what_was_done_to_the_account_is_told(page: Client, actor: Actor, owner: User) -> None:
    note_deed(actor, What.PASSWORD, owner)

    assert "Set another password" in read(page)


def test_a_conversation_that_was_deleted_is_told_without_its_title(
    page: Client, actor: Actor, conversation: Conversation
) -> None:
    begin_reading(actor, conversation, "because")
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at="2026-01-01T00:00Z")

    html = read(page)

    assert "1 conversation that you have deleted" in html
    assert "sky" not in html


def test_nobody_sees_what_was_read_of_others(page: Client, actor: Actor, stranger: User) -> None:
    begin_reading(actor, ConversationFactory(owner=stranger, title="theirs"), "because")
    people.do(actor, What.SIGNED_OUT, stranger)

    assert "Nobody has read anything of yours." in read(page)


def test_it_is_closed_to_whoever_is_not_signed_in(client: Client) -> None:
    assert client.get(reverse("readings")).status_code == 302


def test_a_long_past_is_told_page_by_page(page: Client, actor: Actor, conversation: Conversation) -> None:
    for number in range(2 * PAGE + 1):
        begin_reading(actor, conversation, f"Reason {number};")
    told, query = [], ""

    while True:
        response = page.get(f"{reverse('readings')}{query}")
        told += [sight["entry"].reason for sight in response.context["sights"]]
        if not response.context["next_url"]:
            break
        query = response.context["next_url"].removeprefix(reverse("readings"))

    assert told == [f"Reason {number};" for number in reversed(range(2 * PAGE + 1))]


def test_a_longer_past_costs_no_further_query(page: Client, actor: Actor, conversation: Conversation) -> None:
    begin_reading(actor, conversation, "because")
    read(page)
    short = queries(lambda: read(page))

    for number in range(PAGE + 5):
        begin_reading(actor, ConversationFactory(owner=conversation.owner), f"Reason {number}")

    assert queries(lambda: read(page)) == short


@pytest.mark.parametrize("behind", ["", "x", "-1", "0", "9" * 30, "1.5", "%00"])
def test_a_place_that_makes_no_sense_is_absent(page: Client, behind: str) -> None:
    assert page.get(f"{reverse('readings')}?behind={behind}").status_code == 404
