import pytest

from apps.web.markdown import SANITISER, render
from apps.web.markdown.budget import LONGEST_BLOCK
from tests.web.markdown_corpus import Reading

LINK = '<a href="https://a.test/" target="_blank" rel="noopener noreferrer nofollow ugc">'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**a** _b_ `c`", '<p dir="auto"><strong>a</strong> <em>b</em> <code>c</code></p>\n'),
        ("~~a~~", '<p dir="auto"><s>a</s></p>\n'),
        ("# a", '<h1 dir="auto">a</h1>\n'),
        ("a\n===", '<h1 dir="auto">a</h1>\n'),
        ("[a](https://a.test/)", f'<p dir="auto">{LINK}a</a></p>\n'),
        ("<https://a.test/>", f'<p dir="auto">{LINK}https://a.test/</a></p>\n'),
        ("(https://a.test/).", f'<p dir="auto">({LINK}https://a.test/</a>).</p>\n'),
        ("[a](/admin) [b](javascript:c)", '<p dir="auto">a b</p>\n'),
        ("![a](data:image/png;base64,x) ![b](/x.png)", '<p dir="auto">a b</p>\n'),
        ("costs $5 or $6", '<p dir="auto">costs $5 or $6</p>\n'),
        ("a \x00 \ud800 b", '<p dir="auto">a \ufffd \ufffd b</p>\n'),
        ("", ""),
    ],
)
def test_text_becomes_html(text, html):
    assert render(text) == html


def test_remote_image_becomes_a_link_that_names_its_host():
    html = render("![cat](https://img.test/cat.png)")

    assert "<img" not in html
    assert 'href="https://img.test/cat.png"' in html
    assert '<span class="link-host">(img.test)</span>' in html


def test_link_that_poses_as_another_address_names_its_host():
    assert "(canary.test)" in render("[https://bank.example/login](http://canary.test/)")


def test_link_that_shows_its_own_address_says_it_once():
    assert "link-host" not in render("[bank.example](https://www.bank.example/login)")


def test_foreign_letters_in_a_host_show_as_punycode():
    assert ">http://xn--bnk-6cd.example</a>" in render("http://b\u0430nk.example")


def test_table_scrolls_in_its_own_box():
    html = render("|a|b|\n|:-:|--:|\n|1|2|")

    assert '<div class="table-scroll" tabindex="0" role="group" aria-label="Table" dir="auto">' in html
    assert '<td class="align-center">1</td>' in html
    assert '<td class="align-right">2</td>' in html


def test_task_shows_as_a_disabled_box():
    html = render("- [ ] a\n- [x] b")

    assert '<li class="task"><input type="checkbox" disabled="" aria-label="Open task"> a</li>' in html
    assert '<input type="checkbox" disabled="" checked="" aria-label="Completed task"> b' in html


def test_code_block_has_a_label_buttons_and_classes_for_colour():
    html = render("```python\nx = 1\n```")

    assert '<figure class="code" data-language="python" dir="ltr">' in html
    assert '<button type="button" class="code-copy" data-copy="">Copy</button>' in html
    assert '<button type="button" class="code-wrap" data-wrap="" aria-pressed="false">' in html
    assert '<pre tabindex="0"><code class="language-python"><span class="n">x</span>' in html


def test_unknown_language_is_only_a_label():
    html = render('```"><b>x\na\n```')

    assert Reading(html).text.startswith('"><b>x')
    assert "class=" not in html.split("<pre", 1)[1]


def test_code_without_an_end_goes_on_to_the_end():
    assert Reading(render("```\na\n\n# b")).text.rstrip().endswith("a\n\n# b")


@pytest.mark.parametrize("text", ["$x^2$", "\\(x^2\\)", "$$x^2$$", "\\[x^2\\]", "$$\nx^2\n$$"])
def test_formula_becomes_mathml(text):
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in render(text)


@pytest.mark.parametrize(
    "source",
    ["\\frac{", "\\foo{x}", "\\def\\a{\\a\\a}\\a", "{" * 200, "x" * 1_501, "\\newcommand{\\a}{b}\\a"],
)
def test_formula_that_cannot_be_drawn_shows_its_source(source):
    html = render(f"$${source}$$")

    assert "<math" not in html
    assert source in Reading(html).text


def test_text_within_a_formula_stays_text():
    reading = Reading(render("$\\text{<img src=x onerror=a>}$"))

    reading.assert_inert()
    assert "onerror" in reading.text


def test_aligned_formulas_are_a_table():
    html = render("$$\n\\begin{aligned}\na &= b \\\\\n&= c\n\\end{aligned}\n$$")

    assert html.count("<mtr>") == 2


def test_footnotes_carry_the_scope_and_no_name_of_the_author():
    html = render('a[^x"] b[^x"]\n\n[^x"]: note', scope='m"1')

    assert 'id="fnref-m1-1"' in html
    assert 'id="fn-m1-1"' in html
    assert html.count("id=") == 2


def test_definition_may_stand_after_its_use():
    assert 'href="https://r.test/"' in render("[a][r]\n\ntext\n\n[r]: https://r.test/")


def test_long_list_keeps_its_numbers():
    html = render("".join(f"{number}. {'word ' * 40}\n" for number in range(1, 61)))

    starts = [int(attributes.get("start") or 1) for tag, attributes in Reading(html).tags if tag == "ol"]
    pieces = [piece.count("<li>") for piece in html.split("<ol")[1:]]
    assert len(pieces) > 1
    assert starts == [1 + sum(pieces[:index]) for index in range(len(pieces))]


@pytest.mark.parametrize("text", ["> " * 50 + "deep", "a" * (LONGEST_BLOCK + 1)])
def test_block_that_costs_too_much_is_plain_text(text):
    html = render(text)

    assert html.startswith('<pre class="plain" dir="auto">')
    assert Reading(html).text.strip() == text.strip()


def test_text_after_a_costly_block_is_still_drawn():
    assert "<strong>b</strong>" in render("a" * (LONGEST_BLOCK + 1) + "\n\n**b**")


@pytest.mark.parametrize(
    "html",
    [
        '<p style="color:red" onclick="a()" id="messages" name="x" class="modal">a</p>',
        '<img src="//a.test" srcset="b"><iframe src="c"></iframe><svg><script>d</script></svg>',
        '<a href="/admin" target="_top" class="button">a</a><a href="#messages">b</a>',
        '<math href="javascript:a"><annotation-xml><style>x</style></annotation-xml></math>',
        '<form action="/x"><button type="submit" hx-post="/y" name="z">a</button></form>',
    ],
)
def test_sanitiser_leaves_nothing_that_acts(html):
    reading = Reading(SANITISER.clean(html))

    reading.assert_inert()
    assert not {"id", "href"} & reading.attributes
    assert not [attributes for _, attributes in reading.tags if attributes.get("class")]
