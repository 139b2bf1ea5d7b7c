"""The example clients, as somebody would run them, against the whole product."""

import os
import re
import subprocess
from collections.abc import Iterator
from shutil import which
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from apps.api.documents.kept import FOLDER
from apps.llm.demo_answers import long
from tests.support.product import Product
from tests.support.product import product as running_product
from tests.support.programs import delete, posted, terminal, token_of, typescript
from tests.support.proxy import Spreading

PROSE = (FOLDER / "openapi.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with running_product() as running:
        yield running


@pytest.fixture(scope="module")
def token(product: Product) -> str:
    return token_of(product, product.accounts(1)[0])


@pytest.fixture
def conversation(product: Product, token: str) -> str:
    return str(posted(product.base_url, token, "conversations")["id"])


@pytest.fixture
def line(product: Product) -> Iterator[Spreading]:
    """A way to the server that can be cut."""
    port = urlsplit(product.base_url).port
    assert port
    with Spreading([port]) as spreading:
        yield spreading


def exchange(words: int) -> str:
    """What is written of a question and its answer."""
    return f"> /long {words}\n\n{long(words)}\n\n"


def test_terminal_begins_a_conversation_and_ends_once_all_is_said(product: Product, token: str) -> None:
    with terminal(product.base_url, token) as program:
        program.type("/long 3")

        assert program.end_input() == 0

    assert program.said == exchange(3)


def test_terminal_goes_on_where_it_was_cut(product: Product, token: str, line: Spreading) -> None:
    with terminal(line.base_url, token) as program:
        program.type("/long 120")
        for words in (10, 40):
            program.wait_for_words(words)
            assert line.cut()
        program.type("/long 3")

        assert program.end_input() == 0

    assert program.said == exchange(120) + exchange(3)


def test_terminal_without_a_good_token_says_so(product: Product, conversation: str) -> None:
    with terminal(product.base_url, "colloquy_wrong", conversation) as program:
        assert program.ended() == 1


def test_page_in_typescript_shows_what_somebody_sends(
    product: Product, token: str, conversation: str
) -> None:
    with typescript(product.base_url, token, conversation) as program:
        posted(product.base_url, token, f"conversations/{conversation}/messages", text="/long 3")

        assert program.wait_for(exchange(3)) == exchange(3)


def test_page_in_typescript_goes_on_where_it_was_cut(
    product: Product, token: str, conversation: str, line: Spreading
) -> None:
    with typescript(line.base_url, token, conversation) as program:
        posted(product.base_url, token, f"conversations/{conversation}/messages", text="/long 120")
        for words in (10, 40):
            program.wait_for_words(words)
            assert line.cut()

        assert program.wait_for(exchange(120)) == exchange(120)


def test_page_in_typescript_ends_where_there_is_no_such_conversation(product: Product, token: str) -> None:
    with typescript(product.base_url, token, str(uuid4())) as program:
        assert program.ended() == 1


def test_page_in_typescript_ends_when_its_conversation_was_deleted_while_it_was_cut_off(
    product: Product, token: str, conversation: str, line: Spreading
) -> None:
    posted(product.base_url, token, f"conversations/{conversation}/messages", text="/long 3")
    with typescript(line.base_url, token, conversation) as program:
        program.wait_for(exchange(3))
        with line.down():
            delete(product.base_url, token, f"conversations/{conversation}")

        assert program.ended() == 1


@pytest.mark.skipif(not (which("curl") and which("jq")), reason="there is no curl, or no jq")
def test_commands_of_the_reference_do_what_they_say(product: Product, token: str) -> None:
    commands = "\n".join(re.findall(r"^```sh\n(.*?)^```", PROSE, re.MULTILINE | re.DOTALL))
    environment = {"API": f"{product.base_url}/api/v1", "TOKEN": token, "PATH": os.environ["PATH"]}

    done = subprocess.run(
        ["bash", "-euc", commands.replace("curl ", "curl --silent --fail-with-body ")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert '"writes":true' in done.stdout
    assert "Why is the sky blue?" not in done.stdout  # what is read is the reply
    assert "event: complete_streaming" in done.stdout
