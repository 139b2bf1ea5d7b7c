"""What models write, as readers see it."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import Person, Reply
from tests.support.openai_scripts import END, Script, text
from tests.support.openai_server import OpenAIServer

pytestmark = [pytest.mark.browser, pytest.mark.embedded_only]

EVERYTHING = r"""## Bridges

> They carry.

1. span
2. sag

- [x] arch
- [ ] beam

| carries | weighs |
|---|---|
| load | much |

Long ago.[^1] In a line \(x^2\), and by itself:

\[y = \frac{1}{2}\]

```python
def carry(load): return load
```

[^1]: In Lima.
"""
COLOUR = "(element) => getComputedStyle(element).color"


@pytest.fixture
def reply(model_owner: Person, model_server: OpenAIServer) -> Reply:
    model_server.play(Script([text(EVERYTHING), *END]))
    reply = model_owner.open().send("Say everything.")
    reply.expect_status("complete")
    return reply


def test_every_kind_of_block_is_drawn_as_what_it_is(reply: Reply) -> None:
    body = reply.body

    expect(body.get_by_role("heading", name="Bridges")).to_be_visible()
    expect(body.get_by_role("blockquote")).to_have_text("They carry.")
    expect(body.locator("ol").first.get_by_role("listitem")).to_have_text(["span", "sag"])
    expect(body.get_by_role("checkbox", checked=True)).to_have_count(1)
    expect(body.get_by_role("checkbox", checked=False)).to_have_count(1)
    expect(body.get_by_role("cell")).to_have_text(["load", "much"])
    expect(body.locator("math")).to_have_count(2)


def test_code_says_its_language_and_is_coloured(reply: Reply) -> None:
    figure = reply.body.locator("figure")

    expect(figure.locator("figcaption")).to_contain_text("python")
    keyword, name = (figure.locator(kind).first.evaluate(COLOUR) for kind in (".k", ".nf"))

    assert len({keyword, name, figure.locator("code").evaluate(COLOUR)}) > 1


def test_a_footnote_leads_to_its_note_and_back(reply: Reply) -> None:
    reference = reply.body.locator(".footnote a")
    reference.click()
    note = reply.body.get_by_text("In Lima.")
    expect(note).to_be_in_viewport()

    reply.body.get_by_role("link", name="Back to the text").click()

    expect(reference).to_be_in_viewport()
