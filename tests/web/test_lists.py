import uuid

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.chat import actions, filing, reading
from apps.web.lists import IN_PALETTE
from tests.chat.test_reading import queries
from tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
OF_CONVERSATION = 'hx-post="/c/'
LISTS = ["/conversations/", "/conversations/?words=one", "/archive/", "/palette/"]


@pytest.fixture
def many(owner: User) -> None:
    ConversationFactory.create_batch(reading.PAGE + 5, owner=owner, title="One")
    ConversationFactory.create_batch(reading.PAGE + 5, owner=owner, title="One", archived=True)


def html(page: Client, url: str, **query: object) -> str:
    return page.get(url, query, headers=HTMX).content.decode()


@pytest.mark.parametrize("url", LISTS)
def test_a_list_shows_nothing_of_a_strangers(page: Client, stranger: User, url: str) -> None:
    for archived in (True, False):
        ConversationFactory(owner=stranger, title="One stranger", archived=archived)

    assert "stranger" not in html(page, url)


@pytest.mark.parametrize("url", LISTS)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_long_list_costs_no_further_query(
    page: Client, owner: User, url: str, headers: dict[str, str]
) -> None:
    for archived in (True, False):
        ConversationFactory(owner=owner, title="One", archived=archived)
    page.get(url, headers=headers)
    short = queries(lambda: page.get(url, headers=headers))

    ConversationFactory.create_batch(reading.PAGE + 5, owner=owner, title="One")
    ConversationFactory.create_batch(reading.PAGE + 5, owner=owner, title="One", archived=True)

    assert queries(lambda: page.get(url, headers=headers)) == short <= 7


@pytest.mark.parametrize(
    ("url", "entry", "more"),
    [
        ("/conversations/", 'id="conversation-', "next_items_url"),
        ("/conversations/?words=one", 'class="found"', "more_found_url"),
        ("/archive/", 'id="archived-', "more_archived_url"),
    ],
)
def test_a_list_goes_on_where_its_first_page_ends(
    page: Client, many: None, url: str, entry: str, more: str
) -> None:
    first = page.get(url, headers=HTMX)

    assert first.content.decode().count(entry) == reading.PAGE
    assert 0 < html(page, first.context[more]).count(entry) <= reading.PAGE


@pytest.mark.parametrize("mark", ["", "x", "1", "__", f"0_2026-01-01T00:00:00_{uuid.uuid4()}"])
@pytest.mark.parametrize("url", ["/conversations/", "/archive/"])
def test_a_place_that_cannot_be_is_absent(page: Client, url: str, mark: str) -> None:
    assert page.get(url, {"behind": mark}).status_code == 404


class TestSearch:
    def test_a_plain_form_finds_titles_on_a_page_of_its_own(self, page: Client, owner: User) -> None:
        ConversationFactory(owner=owner, title="Ärger <b>")

        drawn = page.get("/conversations/", {"words": " ärger "}).content.decode()

        assert '<span class="conversation-title" dir="auto">Ärger &lt;b&gt;</span>' in drawn
        assert 'value="ärger"' in drawn
        assert "<html" in drawn

    def test_no_words_find_nothing(self, page: Client, owner: User) -> None:
        ConversationFactory(owner=owner, title="One")

        assert html(page, "/conversations/", words=" ").strip() == ""

    @pytest.mark.parametrize("words", ["\0", "\0One", "x" * 5000, "(", "\\", "["])
    def test_words_are_only_ever_text(self, page: Client, words: str) -> None:
        assert page.get("/conversations/", {"words": words}).status_code == 200


class TestPalette:
    def test_it_offers_the_latest_first_and_not_too_many(self, page: Client, owner: User) -> None:
        titles = [f"Title {number}" for number in range(IN_PALETTE + 3)]
        for title in titles:
            ConversationFactory(owner=owner, title=title)

        drawn = html(page, "/palette/")

        shown = [title for title in titles if f">{title}<" in drawn]
        assert shown == titles[-IN_PALETTE:]

    def test_it_offers_what_can_be_done_to_the_shown_conversation(self, page: Client, owner: User) -> None:
        shown = ConversationFactory(owner=owner, pinned=True)
        url = reverse("conversation", args=[shown.pk])

        drawn = html(page, "/palette/", conversation=shown.pk)

        offered = {name: f'hx-post="{url}{name}/"' in drawn for name in ("pin", "unpin", "archive", "delete")}
        assert offered == {"pin": False, "unpin": True, "archive": True, "delete": True}

    @pytest.mark.parametrize("conversation", ["", str(uuid.uuid4())])
    def test_elsewhere_it_does_not(self, page: Client, conversation: str) -> None:
        assert OF_CONVERSATION not in html(page, "/palette/", conversation=conversation)

    def test_a_strangers_conversation_is_as_absent(self, page: Client, stranger: User) -> None:
        theirs = ConversationFactory(owner=stranger)

        assert OF_CONVERSATION not in html(page, "/palette/", conversation=theirs.pk)

    def test_what_is_no_id_is_absent(self, page: Client) -> None:
        assert page.get("/palette/", {"conversation": "x"}).status_code == 404


class TestUndo:
    @pytest.mark.parametrize(("done", "undone"), [("delete", "restore"), ("archive", "unarchive")])
    def test_htmx_is_told_how_to_take_it_back(
        self, page: Client, owner: User, done: str, undone: str
    ) -> None:
        conversation = ConversationFactory(owner=owner, title="<b>")

        told = page.post(reverse("command", args=[conversation.pk, done]), headers=HTMX).content.decode()

        assert f'formaction="{reverse("command", args=[conversation.pk, undone])}"' in told
        assert ("&lt;b&gt;" in told, "<b>" in told) == (True, False)

    def test_a_plain_form_is_led_to_where_it_can_be_taken_back(self, page: Client, owner: User) -> None:
        conversation = ConversationFactory(owner=owner, title="One")

        response = page.post(reverse("command", args=[conversation.pk, "delete"]), follow=True)

        restore = reverse("command", args=[conversation.pk, "restore"])
        assert f'formaction="{restore}"' in response.content.decode()
        assert page.post(restore)["Location"] == reverse("conversation", args=[conversation.pk])
        assert reading.conversation_page(owner.pk)[0] == [conversation]

    def test_nobody_is_offered_what_they_cannot_take_back(
        self, page: Client, owner: User, stranger: User
    ) -> None:
        theirs, kept = ConversationFactory(owner=stranger), ConversationFactory(owner=owner)
        actions.delete(stranger, theirs.pk)

        for deleted in (theirs.pk, kept.pk, uuid.uuid4(), "x", ""):
            assert "data-undo" not in page.get("/", {"deleted": deleted}).content.decode()

    def test_what_was_filed_from_a_list_leads_back_to_it(self, page: Client, owner: User) -> None:
        conversation = ConversationFactory(owner=owner)
        url = reverse("command", args=[conversation.pk, "pin"])

        back = page.post(url, headers={"Referer": "http://testserver/archive/"})
        elsewhere = page.post(url, headers={"Referer": "https://example.org/"})

        assert back["Location"] == "http://testserver/archive/"
        assert elsewhere["Location"] == reverse("conversation", args=[conversation.pk])


def test_a_page_says_how_its_conversation_stands(page: Client, owner: User) -> None:
    conversation = ConversationFactory(owner=owner, title="One", answered_rev=1)
    filing.archive(owner, conversation.pk)

    drawn = page.get(reverse("conversation", args=[conversation.pk])).content.decode()

    assert '<div id="shown" hidden data-title="One" data-unread data-archived></div>' in drawn
