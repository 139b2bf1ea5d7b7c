import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from apps.web.markdown import Drawing, document, render
from apps.web.markdown.document import draw_all
from apps.web.markdown.splitter import split
from tests.web.markdown_corpus import Reading

PIECES = [
    *(
        "# h",
        "- a",
        "- [ ] t",
        "- [x]",
        "1. x",
        "2) y",
        "> q",
        "```py\n",
        "```",
        "~~~",
        "    code",
        "---",
        "===",
    ),
    *(
        "*",
        "**",
        "_",
        "`",
        "``",
        "$",
        "$$",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "[",
        "]",
        "(http://a.test/x)",
        "![",
        "~~",
    ),
    *(
        "|a|b|\n|-|-|\n",
        "|c|",
        "<b>",
        "<",
        "&amp;",
        "&",
        "[^1]",
        "[^1]: n",
        "[r]: http://r.test",
        "[x][r]",
        "\\",
    ),
    *(
        "http://u.test/a_b",
        "word",
        "a b c",
        " ",
        "\t",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "\x00",
        "\ud800",
        "é",
        "\u202e",
    ),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
STEPS = st.lists(st.integers(1, 12), min_size=1, max_size=20)
REPLY = "\n".join(
    f"## Part {part}\n\nSome **bold** text with `code` and more.\n\n- a\n- b\n\n```python\nx = {part}\n```\n"
    for part in range(40)
)


def drawings(text, steps):
    """One drawing, paused at each end of a step."""
    drawing, end = Drawing("m"), 0
    while end < len(text):
        for step in steps:
            end += step
            drawing.update(text[:end])
            yield drawing
    drawing.finish()
    yield drawing


@given(TEXTS, STEPS)
@settings(deadline=None, derandomize=True, max_examples=250)
def test_streamed_text_equals_reloaded_text(text, steps):
    *_, drawing = drawings(text, steps)

    assert drawing.html == render(text, scope="m")


@given(TEXTS, STEPS)
@settings(deadline=None, derandomize=True, max_examples=150)
def test_every_moment_is_balanced_and_inert(text, steps):
    for drawing in drawings(text, steps):
        Reading(drawing.html).assert_inert()


@given(TEXTS, STEPS)
@settings(deadline=None, derandomize=True, max_examples=150)
def test_closed_blocks_are_only_appended(text, steps):
    before: list[str] = []
    *moments, _ = (list(drawing.closed) for drawing in drawings(text, steps))

    for closed in moments:
        assert closed[: len(before)] == before
        before = closed


@given(
    st.lists(st.sampled_from(["# h", "- a", "- b", "  c", "1. x", "> q", "", "", "text", "```", "    code"]))
)
@settings(deadline=None, derandomize=True, max_examples=200)
def test_cutting_into_segments_keeps_the_meaning(lines):
    parser, text = MarkdownIt("commonmark"), "".join(f"{line}\n" for line in lines)

    pieces = "".join(parser.render(f"{segment.text}\n") for segment in split(text))

    assert pieces == parser.render(text)


@pytest.mark.parametrize(
    "text",
    [
        "Some **bold text**, *it* and ***both*** then `co de` end.",
        "See [the docs](https://a.test/x_y?z=1) and ![alt](https://a.test/i.png) now, <https://a.test/>.",
        "Maths $x^2 + y$ and \\(a+b\\) done.",
        "| A | B |\n|---|:-:|\n| x | **x** |\n| y | z |\n\nAfter",
        "- [ ] todo\n- [x] done\n- plain\n\nEnd",
        "## Head *em*\n\nTitle\n=====\n\nText\n\n---\n\nMore",
        "Intro:\n\n1. **One**: `c`\n2. two\n   - sub\n10. ten",
        "> quote **b**\n> more\n\nText\n\n```python\nx = y\n```\n\nDone",
        "$$\na = b\n$$\n\nok\n\n\\[\nx = y\n\\]\n\nend",
        "Note[^1] here.\n\n[^1]: The note.",
    ],
)
def test_marks_never_show_while_they_are_half_written(text):
    for drawing in drawings(text, [1]):
        shown = Reading(re.sub("<math.*?</math>", "", drawing.html, flags=re.DOTALL)).text
        assert not re.search(r"[*`|$#\[\]\\<]|^[-=]+$|^\d+[.)]", shown, re.MULTILINE)


def test_open_code_block_shows_at_once_and_grows():
    drawing = Drawing()

    drawing.update("```python\nx <")

    assert Reading(drawing.open).text == "pythonWrap linesCopyx <\n"
    assert 'data-language="python"' in drawing.open


def test_code_block_keeps_its_shape_when_it_closes():
    drawing = Drawing()
    drawing.update("```python\nx = 1\n")
    growing = Reading(drawing.open).text

    drawing.update("```python\nx = 1\n```\n")

    assert Reading(drawing.html).text.strip() == growing.strip()
    assert '<span class="n">x</span>' in drawing.html


def test_reference_defined_later_counts_at_the_end():
    text, drawing = "[a][r]\n\ntext\n\n[r]: https://r.test/\n", Drawing()
    drawing.update(text)

    drawing.finish()

    assert drawing.html == render(text)
    assert 'href="https://r.test/"' in drawing.html


def test_unchanged_text_is_not_drawn_again(monkeypatch):
    drawing = Drawing()
    drawing.update("some *text*")
    shown = drawing.open
    monkeypatch.setattr(document.PARSER.block, "parse", None)

    drawing.update("some *text*")

    assert drawing.open == shown


@pytest.mark.parametrize(
    ("text", "most"),
    [
        (REPLY, 70),
        ("word " * 3_000, 70),
        ("- an item of a long list\n" * 600, 70),
        ("```python\n" + "x = 1\n" * 3_000, 1),
        ("| a | b |\n|---|---|\n" + "| c | d |\n" * 300, 70),
    ],
    ids=["reply", "paragraph", "list", "code", "table"],
)
def test_work_is_in_proportion_to_the_text(text, most, monkeypatch):
    parse, parsed = document.PARSER.block.parse, []
    monkeypatch.setattr(
        document.PARSER.block, "parse", lambda src, *rest: (parsed.append(len(src)), parse(src, *rest))
    )
    drawing = Drawing()

    for end in range(1, len(text) + 1):
        drawing.update(text[:end])
        assert drawing.open is not None

    assert sum(parsed) < most * len(text)


WORDS = [
    "It",
    "1.",
    "2)",
    "12",
    "www.x.test",
    "it's",
    '"so"',
    "(c)",
    "...",
    "—",
    "日本",
    "é",
    "",
    "-",
    "a_b",
    "*b*",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join))
def test_a_line_without_markup_is_drawn_as_the_parser_would(text: str) -> None:
    quick, parsed = Drawing("s"), Drawing("s")
    quick.update(text)
    parsed.update(text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(document, "PROSE", re.compile(r"(?!)"))
        by_parser = parsed.open

    assert quick.open == by_parser


@settings(deadline=None)
@given(st.lists(st.sampled_from(["\n", "\n\n", *WORDS]), min_size=1, max_size=12).map(" ".join))
def test_a_finished_text_of_such_lines_is_drawn_as_the_parser_would(text: str) -> None:
    quick = draw_all(split(text), "s")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(document, "PROSE", re.compile(r"(?!)"))
        assert quick == draw_all(split(text), "s")
