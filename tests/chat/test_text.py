import unicodedata

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from apps.chat.text import MAX_TITLE, TextRejected, admit, admit_title, clean, cut, is_blank

ANYTHING = st.text(st.one_of(st.characters(categories=["Cs"]), st.just("\0"), st.characters()))
ANY_LETTERS = st.one_of(st.characters(), st.sampled_from("\n\0é👩👧\u200d\u0301 "))
FAMILY = "👩\u200d👩\u200d👧"
SPACED = regex.compile(r"[\p{Z}\p{Cc}]")


def _refusal(text: object, limit: int = 10) -> str:
    with pytest.raises(TextRejected) as refused:
        admit(text, limit=limit)
    return refused.value.code


@given(ANYTHING)
def test_clean_text_can_be_stored_and_sent(text: str) -> None:
    cleaned = clean(text)

    assert "\0" not in cleaned
    assert cleaned.encode().decode() == cleaned


@given(ANYTHING)
def test_clean_drops_nothing_else(text: str) -> None:
    storable = [c for c in text if c != "\0" and unicodedata.category(c) != "Cs"]

    assert clean(text) == "".join(storable)


@given(ANYTHING)
def test_admitted_text_is_admitted_unchanged(text: str) -> None:
    try:
        admitted = admit(text, limit=50)
    except TextRejected:
        return

    assert admitted == clean(text) == admit(admitted, limit=50)
    assert len(admitted) <= 50
    assert not is_blank(admitted)


def test_the_limit_counts_code_points_that_are_kept() -> None:
    assert admit("😀" * 10 + "\0\ud800", limit=10) == "😀" * 10
    assert _refusal("😀" * 11) == "too_long"


@pytest.mark.parametrize("value", [None, 1, 1.5, True, b"text", ["text"], {"text": "text"}])
def test_what_is_no_text_is_refused(value: object) -> None:
    assert _refusal(value) == "not_text"


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "\t\r\n", "\0", "\ud800", "\u00a0", "\u200b", "\u200d", "\ufeff", "\u2028", "\u2060",
        "\u00ad", "\u034f", "\u115f", "\u1160", "\u17b4", "\u2800", "\u3000", "\u3164", "\ufe0f", "\uffa0",
        "\U000e0100", "\U000e0041", "\u202e\u202c", " \0\u200b\ufe0f ",
    ],
)  # fmt: skip
def test_text_with_nothing_to_see_is_blank(text: str) -> None:
    assert _refusal(text) == "blank"


@pytest.mark.parametrize("text", ["a", ".", "0", "\u0301", "😀", FAMILY, " \n x", "ᄒ", "☃\ufe0f", "\ufffd"])
def test_text_with_something_to_see_is_kept_as_it_is(text: str) -> None:
    assert admit(text, limit=10) == text


@given(ANYTHING)
def test_a_title_is_one_line_that_is_admitted_unchanged(text: str) -> None:
    try:
        title = admit_title(text)
    except TextRejected:
        return

    assert title == admit_title(title) == title.strip()
    assert set(SPACED.findall(title)) <= {" "}
    assert "  " not in title
    assert 0 < len(title) <= MAX_TITLE


def test_a_title_may_be_as_long_as_its_column() -> None:
    assert admit_title("\n" + "é" * MAX_TITLE + " \0") == "é" * MAX_TITLE
    with pytest.raises(TextRejected, match="too_long"):
        admit_title("é" * (MAX_TITLE + 1))


@pytest.mark.parametrize(("text", "code"), [(" \n\u200b", "blank"), (7, "not_text"), (None, "not_text")])
def test_a_title_is_text_that_can_be_seen(text: object, code: str) -> None:
    with pytest.raises(TextRejected, match=code):
        admit_title(text)


@given(st.text(ANY_LETTERS, max_size=80))
@example("e\u0301" * 40)
@example(FAMILY * 12)
def test_what_is_cut_fits_on_one_line(text: str) -> None:
    shortened = cut(text, 10)

    assert len(shortened) <= 10
    assert set(SPACED.findall(shortened)) <= {" "}
    assert cut(shortened, 10) == shortened


@given(st.text(ANY_LETTERS, max_size=80))
@example("e\u0301" * 40)
@example("abcd" + FAMILY * 12)
@example("🇩🇪" * 20)
def test_what_is_cut_ends_between_graphemes_and_says_so(text: str) -> None:
    line = cut(text, 10_000)
    shortened = cut(text, 10)

    if len(line) <= 10:
        assert shortened == line
    else:
        borders = {"".join(regex.findall(r"\X", line)[:count]).rstrip() for count in range(11)}
        assert shortened.endswith("…")
        assert shortened.removesuffix("…") in borders


def test_what_fits_is_not_cut() -> None:
    assert cut(" one\n\ttwo  three ", 13) == "one two three"
    assert cut("one two three", 12) == "one two thr…"
    assert cut("one two three", 9) == "one two…"
