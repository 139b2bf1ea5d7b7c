import re
import uuid
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.urls.resolvers import URLPattern

from apps.accounts.models import User
from apps.chat import reading
from apps.chat.actions import delete
from apps.chat.models import Conversation, Message
from apps.web import wording
from apps.web.commands import COMMANDS
from apps.web.urls import urlpatterns
from tests.chat.test_reading import long_path, queries
from tests.factories import ChunkFactory, ConversationFactory, MessageFactory, ReplyFactory

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
KEY = "key-of-one"
NO_MARKS = [
    "",
    "x",
    "\0",
    "1",
    "__",
    f"2_2026-01-01T00:00:00+00:00_{uuid.uuid4()}",
    f"0_2026-01-01T00:00:00_{uuid.uuid4()}",
    "0_2026-01-01T00:00:00+00:00_1",
]


@pytest.fixture
def question(owner: User) -> Message:
    return MessageFactory(conversation__owner=owner, conversation__title="Sky", content="Why <b>?")


@pytest.fixture
def reply(question: Message) -> Message:
    return ReplyFactory(parent=question, content="**Because** <script>")


def url_of(pattern: URLPattern, conversation: object, message: object) -> str:
    values = {"conversation_id": conversation, "message_id": message, "name": "stop"}
    taken = pattern.pattern.converters
    return reverse(str(pattern.name), kwargs={name: values[name] for name in taken})


def gets(conversation: object, message: object) -> list[str]:
    """Every page about one conversation."""
    patterns = [pattern for pattern in urlpatterns if pattern.name != "command"]
    return [url_of(pattern, conversation, message) for pattern in patterns if pattern.pattern.converters]


def fields(message: object) -> dict[str, str]:
    return {
        "key": KEY,
        "text": "Why?",
        "title": "Mine",
        "message": str(message),
        "queued": str(message),
        "rev": "1",
        "draft": str(message),
        "version": "1",
        "model": "demo",
    }


class TestEveryPage:
    def test_it_is_never_cached(self, page: Client, reply: Message) -> None:
        urls = [reverse("new"), *gets(reply.conversation_id, reply.pk)]

        responses = [page.get(url) for url in urls]

        assert [response.status_code for response in responses] == [200] * len(urls)
        assert all("no-store" in response["Cache-Control"] for response in responses)
        assert all("private" in response["Cache-Control"] for response in responses)

    def test_it_is_read_only_by_safe_methods(self, page: Client, reply: Message) -> None:
        for url in [reverse("new"), *gets(reply.conversation_id, reply.pk)]:
            assert page.post(url).status_code == 405

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_a_stranger_gets_what_an_absent_id_gets(
        self, page: Client, stranger: User, headers: dict[str, str]
    ) -> None:
        theirs = ReplyFactory(parent__conversation__owner=stranger)
        foreign, absent = (theirs.conversation_id, theirs.pk), (uuid.uuid4(), uuid.uuid4())

        answers = [[page.get(url, headers=headers) for url in gets(*ids)] for ids in (foreign, absent)]

        bodies = [[(answer.status_code, answer.content) for answer in some] for some in answers]
        assert bodies[0] == bodies[1]
        assert {status for status, _ in bodies[0]} == {404}

    def test_a_message_is_found_in_its_own_conversation_alone(
        self, page: Client, owner: User, reply: Message
    ) -> None:
        other = ReplyFactory(parent__conversation__owner=owner)

        for name in ("older", "newer", "at", "source", "details", "feedback"):
            assert page.get(reverse(name, args=[reply.conversation_id, other.pk])).status_code == 404

    def test_what_is_deleted_is_gone(self, page: Client, owner: User, reply: Message) -> None:
        delete(owner, reply.conversation_id)

        for url in gets(reply.conversation_id, reply.pk):
            assert page.get(url).status_code == 404


class TestConversation:
    def test_it_shows_the_transcript_escaped_and_drawn(self, page: Client, reply: Message) -> None:
        html = page.get(reverse("conversation", args=[reply.conversation_id])).content.decode()

        assert "Why &lt;b&gt;?" in html
        assert "<strong>Because</strong> &lt;script&gt;" in html
        assert "<title>Sky · Colloquy</title>" in html

    def test_it_says_how_far_it_has_been_drawn(self, page: Client, owner: User) -> None:
        conversation = ConversationFactory(owner=owner, rev=7)

        html = page.get(reverse("conversation", args=[conversation.pk])).content.decode()

        assert f'data-conversation="{conversation.pk}" data-rev="7" data-account-rev="0"' in html

    def test_it_shows_the_text_so_far(self, page: Client, question: Message) -> None:
        running = ReplyFactory(parent=question, streaming=True)
        ChunkFactory(message=running, text="One.\n\nTwo")

        html = page.get(reverse("conversation", args=[question.conversation_id])).content.decode()

        blocks, _, tail = html.partition(f'id="message-{running.pk}-tail"')
        assert "One.</p>" in blocks
        assert "Two" not in blocks
        assert "Two</p>" in tail

    def test_it_leads_upwards_through_a_long_one(self, page: Client, owner: User) -> None:
        conversation = ConversationFactory(owner=owner)
        path = long_path(conversation, reading.WINDOW + 2)
        above = reverse("older", args=[conversation.pk, path[2].pk])

        assert above in page.get(reverse("conversation", args=[conversation.pk])).content.decode()
        fragment = page.get(above, headers=HTMX).content.decode()
        whole = page.get(above).content.decode()

        shown = "<article aria-labelledby"
        assert (fragment.count(shown), whole.count(shown)) == (2, 2 + reading.LAST)
        assert '<li id="older" data-gone>' in fragment
        assert ("<html" in fragment, "<html" in whole) == (False, True)

    def test_it_leads_downwards_as_well(self, page: Client, owner: User) -> None:
        conversation = ConversationFactory(owner=owner)
        path = long_path(conversation, 2 * reading.WINDOW)
        above = reverse("older", args=[conversation.pk, path[10].pk])
        below = reverse("newer", args=[conversation.pk, path[9].pk])

        assert f'href="{below}"' in page.get(above).content.decode()
        fragment = page.get(below, headers=HTMX).content.decode()

        assert fragment.count("<article") == reading.WINDOW
        assert reverse("newer", args=[conversation.pk, path[9 + reading.WINDOW].pk]) in fragment
        assert 'id="older"' not in fragment

    def test_the_last_stretch_downwards_leads_no_further(self, page: Client, owner: User) -> None:
        conversation = ConversationFactory(owner=owner)
        path = long_path(conversation, 9)

        fragment = page.get(reverse("newer", args=[conversation.pk, path[5].pk]), headers=HTMX)

        assert '<li id="newer" data-gone>' in fragment.content.decode()

    def test_a_link_to_a_message_opens_the_stretch_around_it(self, page: Client, owner: User) -> None:
        conversation = ConversationFactory(owner=owner)
        path = long_path(conversation, 200)

        html = page.get(reverse("at", args=[conversation.pk, path[100].pk])).content.decode()

        shown = [n for n, message in enumerate(path) if f'id="message-{message.pk}"' in html]
        assert shown == [*range(75, 126), 198, 199]
        assert f'data-at="{path[100].pk}"' in html

    def test_a_link_to_another_version_offers_to_show_it(self, page: Client, reply: Message) -> None:
        ReplyFactory(parent=reply.parent)
        url = reverse("at", args=[reply.conversation_id, reply.pk])

        html = page.get(url).content.decode()
        led = page.post(
            reverse("command", args=[reply.conversation_id, "choose"]), {"message": str(reply.pk)}
        )

        assert f'name="message" value="{reply.pk}">Show that version' in html
        assert page.get(url, headers=HTMX).status_code == 200
        assert led["Location"] == url
        assert f'id="message-{reply.pk}"' in page.get(led["Location"]).content.decode()

    def test_a_long_one_costs_no_further_query(self, page: Client, owner: User) -> None:
        short, long = ConversationFactory.create_batch(2, owner=owner)
        long_path(short, 60)
        long_path(long, 600)

        def read(conversation: Conversation) -> Callable[[], object]:
            return lambda: page.get(reverse("conversation", args=[conversation.pk]))

        queries(read(short))
        assert queries(read(short)) == queries(read(long)) <= 12

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_one_of_5000_messages_costs_no_more(
        self, page: Client, owner: User, headers: dict[str, str]
    ) -> None:
        conversation = ConversationFactory(owner=owner)
        path = long_path(conversation, 5_000)
        names = {"conversation": [], "older": [path[2_500].pk], "newer": [path[9].pk], "at": [path[9].pk]}
        urls = [reverse(name, args=[conversation.pk, *ids]) for name, ids in names.items()]

        page.get(urls[0])
        costs = [queries(lambda url=url: page.get(url, headers=headers)) for url in urls]
        drawn = [page.get(url, headers=headers).content.count(b"<article") for url in urls]

        assert max(costs) <= 14
        assert max(drawn) <= reading.WINDOW + 1 + reading.LAST


class TestList:
    def test_a_new_page_lists_what_is_there(self, page: Client, question: Message) -> None:
        html = page.get(reverse("new")).content.decode()

        assert f'id="conversation-{question.conversation_id}"' in html
        assert 'data-conversation="" data-rev="0"' in html

    def test_every_new_page_names_a_conversation_of_its_own(self, page: Client) -> None:
        ids = {page.get(reverse("new")).context["new_id"] for _ in range(2)}

        assert len(ids) == 2

    def test_the_rest_of_the_list_is_a_fragment_for_htmx(self, page: Client, owner: User) -> None:
        ConversationFactory.create_batch(reading.PAGE + 3, owner=owner)
        url = page.get(reverse("new")).context["next_items_url"]

        fragment = page.get(url, headers=HTMX).content.decode()

        assert fragment.count('class="conversation"') == 3
        assert "<html" not in fragment
        assert "<html" in page.get(url).content.decode()

    def test_a_long_list_costs_no_further_query(self, page: Client, owner: User) -> None:
        ConversationFactory.create_batch(2, owner=owner)
        page.get(reverse("new"))
        short = queries(lambda: page.get(reverse("new")))

        ConversationFactory.create_batch(reading.PAGE + 10, owner=owner)

        assert queries(lambda: page.get(reverse("new"))) == short

    @pytest.mark.parametrize("mark", NO_MARKS)
    def test_a_place_that_cannot_be_is_absent(self, page: Client, mark: str) -> None:
        assert page.get("/conversations/", {"behind": mark}).status_code == 404


class TestSource:
    def test_it_is_what_was_written(self, page: Client, reply: Message) -> None:
        response = page.get(reverse("source", args=[reply.conversation_id, reply.pk]))

        assert response.content.decode() == "**Because** <script>"
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert response["X-Content-Type-Options"] == "nosniff"


class TestCommands:
    @pytest.mark.parametrize("name", COMMANDS)
    def test_a_stranger_gets_what_an_absent_id_gets(self, page: Client, stranger: User, name: str) -> None:
        theirs = ReplyFactory(parent__conversation__owner=stranger, stopped=True)
        urls = [reverse("command", args=[pk, name]) for pk in (theirs.conversation_id, uuid.uuid4())]

        foreign, absent = [page.post(url, fields(theirs.pk)) for url in urls]

        assert foreign.status_code == 404
        if name != "send":  # there an absent id begins a conversation
            assert (absent.status_code, absent.content) == (404, foreign.content)
        assert Message.objects.get(pk=theirs.pk).status == "stopped"
        assert Conversation.objects.get(pk=theirs.conversation_id).rev == 0

    def test_a_plain_form_sends_and_is_led_to_the_conversation(self, page: Client) -> None:
        pk = uuid.uuid4()

        response = page.post(reverse("command", args=[pk, "send"]), {"key": KEY, "text": "one\r\ntwo"})

        assert (response.status_code, response["Location"]) == (302, f"/c/{pk}/")
        assert Message.objects.get(client_key=KEY).content == "one\ntwo"

    def test_the_same_form_twice_is_one_message(self, page: Client, question: Message) -> None:
        url = reverse("command", args=[question.conversation_id, "send"])

        answers = [page.post(url, fields(question.pk)).status_code for _ in range(2)]

        assert answers == [302, 302]
        assert Message.objects.filter(client_key=KEY).count() == 1

    def test_a_button_names_its_wish_in_its_address(self, page: Client, reply: Message) -> None:
        html = page.get(reverse("conversation", args=[reply.conversation_id])).content.decode()
        action = re.search(r'formaction="([^"]*/regenerate/[^"]*)"', html)
        assert action

        answers = [page.post(unescape(action[1]), {"message": str(reply.pk)}) for _ in range(2)]

        assert [answer["Location"] for answer in answers] == [f"/c/{reply.conversation_id}/"] * 2
        assert reply.parent.children.count() == 2

    def test_an_edit_leads_to_the_new_branch(self, page: Client, question: Message, reply: Message) -> None:
        url = reverse("command", args=[question.conversation_id, "edit"])

        page.post(url, {**fields(question.pk), "text": "one\r\ntwo"})

        html = page.get(reverse("conversation", args=[question.conversation_id])).content.decode()
        assert Message.objects.get(client_key=KEY).content == "one\ntwo"
        assert f'data-sent="{KEY}"' in html
        assert '<span class="siblings-count">2/2</span>' in html

    def test_a_form_that_has_not_seen_the_last_message_says_so(self, page: Client, reply: Message) -> None:
        html = page.get(reverse("conversation", args=[reply.conversation_id])).content.decode()
        assert f'name="after" value="{reply.pk}"' in html
        url = reverse("command", args=[reply.conversation_id, "send"])

        response = page.post(url, {**fields(reply.pk), "after": str(reply.parent_id)})

        assert response.status_code == 422
        assert str(wording.REJECTIONS["stale"]) in response.content.decode()

    def test_htmx_hears_of_the_effect_by_the_socket(self, page: Client, question: Message) -> None:
        url = reverse("command", args=[question.conversation_id, "rename"])

        response = page.post(url, {"title": "Mine"}, headers=HTMX)

        assert (response.status_code, response.content) == (204, b"")
        assert Conversation.objects.get().title == "Mine"

    def test_a_verdict_is_answered_with_the_message_it_is_on(self, page: Client, reply: Message) -> None:
        url = reverse("command", args=[reply.conversation_id, "like"])

        fragment = page.post(url, fields(reply.pk), headers=HTMX).content.decode()
        led = page.post(url, fields(reply.pk))

        assert 'hx-swap-oob="upsert:#messages"' in fragment
        assert fragment.count('aria-pressed="true"') == 1
        assert led["Location"] == reverse("at", args=[reply.conversation_id, reply.pk])

    def test_a_deletion_leads_to_a_new_page(self, page: Client, question: Message) -> None:
        response = page.post(reverse("command", args=[question.conversation_id, "delete"]))

        assert response["Location"] == f"/?deleted={question.conversation_id}"

    @pytest.mark.parametrize(
        ("name", "values", "code"),
        [
            ("send", {"text": " ", "key": KEY}, "blank"),
            ("send", {"text": "Why?", "key": "x"}, "invalid"),
            ("rename", {"title": ""}, "blank"),
            ("rename", {"title": "x" * 201}, "too_long"),
            ("stop", {"message": "x"}, "invalid"),
            ("stop", {}, "required"),
            ("explode", {}, "unknown_command"),
        ],
    )
    def test_a_wish_that_cannot_be_granted_says_why(
        self, page: Client, question: Message, name: str, values: dict[str, str], code: str
    ) -> None:
        response = page.post(reverse("command", args=[question.conversation_id, name]), values)

        assert response.status_code == 422
        assert str(wording.REJECTIONS[code]) in response.content.decode()

    def test_a_wish_that_came_too_late_says_so(self, page: Client, reply: Message) -> None:
        url = reverse("command", args=[reply.conversation_id, "continue"])

        response = page.post(url, {"message": str(reply.pk)})

        assert response.status_code == 422
        assert str(wording.REJECTIONS["not_possible"]) in response.content.decode()

    def test_a_wish_is_never_granted_to_a_link(self, page: Client, question: Message) -> None:
        assert page.get(reverse("command", args=[question.conversation_id, "delete"])).status_code == 405

    def test_a_wish_from_another_site_is_refused(self, owner: User, question: Message) -> None:
        careful = Client(enforce_csrf_checks=True)
        careful.force_login(owner)

        response = careful.post(reverse("command", args=[question.conversation_id, "delete"]))

        assert response.status_code == 403
        assert Conversation.objects.owned_by(owner).exists()
