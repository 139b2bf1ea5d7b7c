import pytest
from django.test import Client
from django.urls import reverse

from apps.web.markdown import Drawing, render
from tests.web.test_csp import policy_of

SOURCE = "graph TD;\n  A-->B;\n"
OPEN = f"```mermaid\n{SOURCE}"
FENCE = f"{OPEN}```"
MARK = '<div class="diagram"><pre tabindex="0"><code>'


def indented(item: str) -> str:
    return item.replace("\n", "\n  ")


@pytest.mark.django_db
def test_frame_may_run_our_scripts_and_nothing_else(client: Client) -> None:
    assert policy_of(client, reverse("diagram")) == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'self'"],
        "sandbox": ["allow-scripts"],
    }


@pytest.mark.django_db
def test_frame_is_for_everybody_and_only_in_pages_of_ours(client: Client) -> None:
    response = client.get(reverse("diagram"))

    assert response.status_code == 200
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "max-age=600" in response["Cache-Control"]
    assert not response.cookies


@pytest.mark.django_db
def test_page_that_has_nothing_to_draw_names_the_library_nowhere(page: Client) -> None:
    assert "mermaid" not in page.get("/").content.decode()


@pytest.mark.parametrize("text", [FENCE, f"{FENCE}\n\nb", indented(f"- a\n\n{FENCE}\n\nb")])
def test_closed_block_is_a_diagram_with_its_source(text: str) -> None:
    html = render(text)

    assert MARK + SOURCE.replace(">", "&gt;") in html
    assert '<span class="diagram-tools"><button type="button" class="code-wrap"' in html


@pytest.mark.parametrize("text", [OPEN, indented(f"- {OPEN}"), "```mermaid\n\n```", f"```js\n{SOURCE}```"])
def test_anything_else_is_none(text: str) -> None:
    assert "diagram" not in render(text)


def test_block_becomes_a_diagram_once_it_is_closed() -> None:
    drawing = Drawing("m")
    for end in range(len(FENCE)):
        drawing.update(FENCE[:end])
        assert "diagram" not in drawing.html

    drawing.update(f"{FENCE}\n")

    assert MARK in "".join(drawing.closed)
