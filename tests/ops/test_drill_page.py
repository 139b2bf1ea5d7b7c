import pytest

from apps.ops.drill.page import Page

REPLY = (
    '<li id="message-r" class="message message-assistant" data-order="1" data-status="{status}">{body}</li>'
)
BODY = '<div id="message-r-blocks">{closed}</div><div id="message-r-tail">{tail}</div>'
QUESTION = (
    '<li id="message-q" class="message message-user" data-order="0" data-status="complete">'
    '<div class="bubble">A &lt; B?\nHm.</div></li>'
)
POSITION = '<div id="position" data-conversation="{id}" data-rev="{rev}" data-account-rev="2"></div>'


def reply(closed: str = "", tail: str = "", status: str = "streaming") -> str:
    return REPLY.format(status=status, body=BODY.format(closed=closed, tail=tail))


@pytest.fixture
def page() -> Page:
    listed = f'<ol id="messages" data-sort="asc">{QUESTION}{reply("<p>One.</p>", "<p>Tw</p>")}</ol>'
    rest = '<div id="accepted" data-key=""></div><p id="composer-error" data-key=""></p>'
    return Page(f'<div id="app" data-conversation="c">{POSITION.format(id="", rev=0)}{listed}{rest}</div>')


def test_page_shows_questions_and_replies(page: Page) -> None:
    assert [(entry.role, entry.status, entry.text) for entry in page.shown] == [
        ("user", "complete", "A < B?\nHm."),
        ("assistant", "streaming", "One.\n\nTw"),
    ]


def test_page_knows_its_conversation_and_position(page: Page) -> None:
    page.apply(POSITION.format(id="c", rev=5))

    assert page.conversation == "c"
    assert page.position == {"conversation": "c", "rev": "5", "account_rev": "2"}


def test_closed_blocks_are_appended_and_the_open_one_is_replaced(page: Page) -> None:
    page.apply(
        '<div hx-swap-oob="beforeend:#message-r-blocks"><p>Two.</p></div>'
        '<div id="message-r-tail" hx-swap-oob="innerHTML"><p>Th</p></div>'
    )

    assert page.shown[-1].text == "One.\n\nTwo.\n\nTh"
    assert not page.taken_back


def test_message_is_replaced_in_its_place(page: Page) -> None:
    page.apply(
        f'<ol hx-swap-oob="upsert:#messages">{reply("<p>One.</p><p>Two.</p>", status="complete")}</ol>'
    )

    assert [entry.id for entry in page.shown] == ["q", "r"]
    assert page.shown[-1].status == "complete"


@pytest.mark.parametrize(("order", "place"), [("-1", 0), ("0.5", 1), ("9", 2)])
def test_new_message_goes_where_its_order_says(page: Page, order: str, place: int) -> None:
    new = f'<li id="message-n" class="message" data-order="{order}" data-status="complete"></li>'

    page.apply(f'<ol hx-swap-oob="upsert:#messages">{new}</ol>')

    assert [entry.id for entry in page.shown].index("n") == place


def test_element_that_is_gone_is_taken_away(page: Page) -> None:
    page.apply('<ol hx-swap-oob="upsert:#messages"><li id="message-r" data-gone></li></ol>')

    assert [entry.id for entry in page.shown] == ["q"]


def test_text_that_shrinks_or_changes_was_taken_back(page: Page) -> None:
    page.apply('<div id="message-r-tail" hx-swap-oob="innerHTML"><p>Xx</p></div>')

    assert page.taken_back == ["r (streaming) at 6: 'Tw' became 'Xx'"]


def test_page_loaded_anew_must_show_what_was_seen_before(page: Page) -> None:
    anew = Page(f'<ol id="messages">{reply("<p>On</p>")}</ol>', page.seen)

    assert len(anew.taken_back) == 1


def test_other_path_in_place_of_the_shown_one_takes_nothing_back(page: Page) -> None:
    page.apply(f'<ol hx-swap-oob="innerHTML:#messages">{QUESTION}</ol>')

    assert not page.taken_back
    assert page.live("r") is None


def test_acknowledgement_and_refusal_name_their_key(page: Page) -> None:
    page.apply('<div id="accepted" data-key="k1"></div><p id="composer-error" data-key="k2">Not now.</p>')

    assert (page.accepted, page.rejected) == ("k1", "k2")
