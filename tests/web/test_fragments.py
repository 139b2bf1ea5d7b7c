import re
import uuid
from html import unescape

import pytest

from apps.accounts.models import User
from apps.live.cursor import ListStep
from apps.live.mirror import RunningText
from apps.web import fragments, markdown, wording
from apps.web.cards import Position
from apps.web.drawings import shared_drawing
from apps.web.fragments import Growth
from apps.web.wording import Rejection
from tests.factories import ConversationFactory, MessageFactory, ReplyFactory

PK = uuid.uuid4()
BLOCKS, TAIL = f"message-{PK}-blocks", f"message-{PK}-tail"
TEXT = (
    "# One\n\nTwo **is** a\n\n- list\n- of\n\n"
    "```python\nprint(1)\n\nprint(2)\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nEnd."
)


class Reader:
    """Applies growth as the page does."""

    def __init__(self) -> None:
        self.blocks = self.tail = "what was there before"

    def apply(self, fragment: str) -> None:
        if not fragment:
            return
        blocks, _, tail = fragment.rpartition(f'<div id="{TAIL}" hx-swap-oob="innerHTML">')
        self.tail = tail.removesuffix("</div>")
        for start, kept in (
            (f'<div id="{BLOCKS}" hx-swap-oob="innerHTML">', ""),
            (f'<div hx-swap-oob="beforeend:#{BLOCKS}">', self.blocks),
        ):
            if blocks.startswith(start):
                self.blocks = kept + blocks.removeprefix(start).removesuffix("</div>")


class TestGrowth:
    def test_the_first_fragment_replaces_whatever_was_shown(self) -> None:
        drawing = markdown.Drawing()
        drawing.update("One.\n\nTwo")

        fragment = Growth(PK, drawing).fragment()

        assert fragment.startswith(f'<div id="{BLOCKS}" hx-swap-oob="innerHTML">')
        assert f'<div id="{TAIL}" hx-swap-oob="innerHTML">' in fragment

    def test_nothing_new_is_no_fragment(self) -> None:
        drawing = markdown.Drawing()
        drawing.update("One.\n\nTwo")
        growth = Growth(PK, drawing)
        growth.fragment()

        assert growth.fragment() == ""

    def test_later_fragments_append_only_what_was_closed_since(self) -> None:
        drawing = markdown.Drawing()
        growth = Growth(PK, drawing)
        drawing.update("One.\n\nTwo")
        growth.fragment()
        drawing.update("One.\n\nTwo.\n\nThree")

        fragment = growth.fragment()

        assert fragment.startswith(f'<div hx-swap-oob="beforeend:#{BLOCKS}">')
        assert ("One" in fragment, "Two" in fragment, "Three" in fragment) == (False, True, True)

    def test_an_open_block_alone_touches_no_closed_one(self) -> None:
        drawing = markdown.Drawing()
        growth = Growth(PK, drawing)
        drawing.update("One.\n\nTw")
        growth.fragment()
        drawing.update("One.\n\nTwo")

        assert growth.fragment().startswith(f'<div id="{TAIL}" hx-swap-oob="innerHTML">')

    def test_the_first_fragment_shows_the_last_letter_however_long_the_block(self) -> None:
        drawing, paragraph = markdown.Drawing(), "word " * 200
        drawing.update(paragraph)
        Growth(PK, drawing).fragment()
        drawing.update(paragraph + "x")

        assert "word x" in Growth(PK, drawing).fragment()

    @pytest.mark.parametrize("joins", range(0, len(TEXT), 17))
    @pytest.mark.parametrize("step", [1, 7, 50])
    def test_a_reader_who_joins_anywhere_shows_the_drawing(self, joins: int, step: int) -> None:
        drawing, reader = markdown.Drawing(), Reader()
        drawing.update(TEXT[:joins])
        growth = Growth(PK, drawing)

        for end in [*range(joins, len(TEXT), step), len(TEXT)]:
            drawing.update(TEXT[:end])
            reader.apply(growth.fragment())

            assert reader.blocks + reader.tail == drawing.html


def test_a_reply_is_drawn_once_for_all_who_watch_it() -> None:
    running = RunningText("One")

    drawing = shared_drawing(running, scope="x")
    running.grow(3, " more")

    assert shared_drawing(running, scope="x") is drawing
    assert "One more" in drawing.html


def test_what_people_wrote_stays_text_in_every_fragment() -> None:
    evil = '"><script>alert(1)</script>'

    drawn = [
        fragments.position(Position(evil, 1, 2)),
        fragments.accepted(evil, evil),
        fragments.rejected(evil, Rejection(evil)),
    ]

    assert not any("<script" in fragment for fragment in drawn)


@pytest.mark.parametrize("code", wording.REJECTIONS)
def test_a_rejection_says_whether_asking_again_helps(code: str) -> None:
    drawn = fragments.rejected("key-of-one", wording.rejection(code))

    assert str(wording.REJECTIONS[code]) in unescape(drawn)
    assert ("data-again" in drawn) == (code in {"unavailable", "too_many"})


@pytest.mark.django_db
class TestRows:
    def test_messages_are_drawn_from_the_pages_own_template(self) -> None:
        reply = ReplyFactory(content="<script>**Because**")

        drawn = fragments.changed_messages([reply.parent, reply])

        assert drawn.count("<article") == 2
        assert 'hx-swap-oob="upsert:#messages"' in drawn
        assert "&lt;script&gt;<strong>Because</strong>" in drawn

    def test_a_transcript_replaces_what_is_shown(self) -> None:
        last = ReplyFactory(parent=MessageFactory(parent=ReplyFactory()))

        drawn = fragments.transcript(last.conversation)

        assert 'hx-swap-oob="innerHTML:#messages"' in drawn
        assert drawn.count("<article") == 4

    def test_a_changed_list_says_what_comes_and_what_goes(self, owner: User) -> None:
        kept = ConversationFactory(owner=owner, title="<b>")
        gone = ConversationFactory(owner=owner, deleted_at=kept.updated_at)
        put_away = ConversationFactory(owner=owner, archived=True)

        drawn = fragments.changed_list(ListStep([kept, gone, put_away]), owner.pk, kept.pk)

        assert 'hx-swap-oob="upsert:#conversations"' in drawn
        assert f'<li id="conversation-{gone.pk}" data-gone data-deleted></li>' in drawn
        assert f'<li id="conversation-{put_away.pk}" data-gone></li>' in drawn
        assert ("&lt;b&gt;" in drawn, "<b>" in drawn) == (True, False)
        assert drawn.count('aria-current="page"') == 1

    def test_a_list_drawn_anew_holds_a_page_of_it(self, owner: User) -> None:
        ConversationFactory.create_batch(3, owner=owner)

        drawn = fragments.changed_list(ListStep([], anew=True), owner.pk, None)

        assert 'hx-swap-oob="innerHTML:#conversations"' in drawn
        assert drawn.count('id="conversation-') == 3

    @pytest.mark.parametrize("anew", [True, False])
    def test_a_list_says_how_the_shown_conversation_stands(self, owner: User, anew: bool) -> None:
        shown = ConversationFactory(owner=owner, title="<b>", pinned=True, answered_rev=1)

        drawn = fragments.changed_list(ListStep([shown], anew=anew), owner.pk, shown.pk)

        assert '<div id="shown" hidden data-title="&lt;b&gt;" data-unread data-pinned></div>' in drawn

    def test_an_entry_comes_with_the_heading_it_stands_under(self, owner: User) -> None:
        pinned, today = ConversationFactory(owner=owner, pinned=True), ConversationFactory(owner=owner)

        drawn = fragments.changed_list(ListStep([pinned, today]), owner.pk, None)

        ids = re.findall(r'<li id="([a-z]+-[^"]*)"', drawn)
        assert ids == ["group-pinned", f"conversation-{pinned.pk}", "group-today", f"conversation-{today.pk}"]
