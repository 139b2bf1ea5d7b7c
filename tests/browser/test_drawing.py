"""A running reply is a prefix of what it will be, at every moment and in every tab."""

from html.parser import HTMLParser

import pytest
from playwright.sync_api import expect

from apps.web.markdown import Drawing
from tests.support.browser import Person, Reply
from tests.support.openai_scripts import END, Pause, Script, text
from tests.support.openai_server import OpenAIServer
from tests.support.product import words_of

pytestmark = pytest.mark.browser

MARKDOWN = """\
# Half-written *marks*

Some **bold text**, some *slanted text*, `code in a line`, a [link](https://example.org/a_b "title"), 😀 and
~~a mistake~~. Then $e^{i\\pi} + 1 = 0$ stands in the line.

1. one with **weight**
2. two
   - nested `item`
   - [ ] a task
3. three

> A quotation with *emphasis*
> over two lines.

| Left | Right |
| :--- | ---: |
| **a** | `1` |
| [b](https://example.org/) | 2 |

```python
def half(written: str) -> str:
    return f"**{written}** | $x$"
```

$$
\\int_0^1 x^2\\,dx = \\frac{1}{3}
$$

<b>No markup</b> of its own, 2 * 3 * 4, snake_case_names and a last line.
"""
SIZE = 5  # characters a piece
FEWEST = 2  # states that even a busy machine gets to show
PACE = 0.03  # seconds between pieces


class Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(html: str) -> str:
    """What a browser calls textContent."""
    parser = Text()
    parser.feed(html)
    parser.close()
    return "".join(parser.parts)


def script() -> Script:
    pieces = [MARKDOWN[start : start + SIZE] for start in range(0, len(MARKDOWN), SIZE)]
    return Script([step for piece in pieces for step in (Pause(PACE), text(piece))] + [*END])


def drawn(reply: Reply, source: str) -> str:
    drawing = Drawing(str(reply.id))
    drawing.update(source)
    return text_of(drawing.html)


def check_recording(reply: Reply) -> None:
    closed = reply.body.locator(".blocks").inner_html()
    whole = words_of(reply.text)
    states = reply.recorded()

    assert len(states) > FEWEST
    for blocks, shown in states:
        assert closed.startswith(blocks)
        assert whole.startswith(words_of(shown))


def test_every_state_shown_is_a_prefix_of_the_end_and_of_what_is_stored(
    model_owner: Person, model_server: OpenAIServer
) -> None:
    model_server.play(script())
    tab = model_owner.open()
    reply = tab.send("Write everything you can.")
    reply.record()
    expect(reply.body.locator(".blocks > ol")).to_be_visible()  # a page that comes now has blocks to double
    other = model_owner.open(tab.path).reply()
    other.record()

    samples = 0
    while other.entry.get_attribute("data-status") in {"queued", "streaming"}:
        shown = [words_of(each.text) for each in (reply, other)]
        stored = words_of(drawn(reply, model_owner.source(tab.path, reply.id)))
        assert all(stored.startswith(text) for text in shown)
        samples += 1

    for each in (reply, other):
        each.expect_status("complete")
        check_recording(each)
    assert samples
    assert model_owner.source(tab.path, reply.id) == MARKDOWN


def test_streamed_page_is_the_reloaded_page(model_owner: Person, model_server: OpenAIServer) -> None:
    model_server.play(script())
    tab = model_owner.open()
    reply = tab.send("Write everything you can.")
    reply.expect_status("complete")
    live = reply.html

    tab.page.reload()

    assert reply.html == live
    for selector in ("em", "strong", "s", "a[rel]", "math", "ol ul", "blockquote", "td", "figure pre"):
        assert reply.body.locator(selector).count(), selector
