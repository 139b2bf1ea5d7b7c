import json
import subprocess
import sys
from urllib.request import Request, urlopen

import pytest

from tests.support.openai_behaviours import BEHAVIOURS
from tests.support.openai_scripts import ReceivedRequest
from tests.support.openai_server import OpenAIServer

# UP entries that we know; each must have a behaviour of its own.
CORPUS = [2, 3, 4, 6, 8, 9, 10, 12, 14, 15, 16, 20, 21, 22, 25, 26, 27, 30, 33, 34, 37, 38, 40, 42, 43, 44]


def test_every_upstream_entry_of_the_corpus_has_a_behaviour() -> None:
    covered = {entry for behaviour in BEHAVIOURS.values() for entry in behaviour.covers}

    assert covered == {f"UP-{number:03}" for number in CORPUS}


@pytest.mark.parametrize("stream", [True, False])
def test_it_runs_as_a_process_of_its_own(stream: bool) -> None:
    command = [sys.executable, "-m", "tests.support.openai_server", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        base_url = process.stdout.readline().strip()
        body = {"messages": [{"role": "user", "content": "!behaviour plain\nHello"}], "stream": stream}
        request = Request(f"{base_url}/chat/completions", json.dumps(body).encode())
        with urlopen(request, timeout=10) as response:
            answer = response.read()
        process.terminate()

    assert b"A scripted reply" in answer or b"chat.completion.chunk" in answer


def test_the_first_line_of_the_last_question_picks_the_behaviour(server: OpenAIServer) -> None:
    messages = [{"role": "user", "content": "!behaviour rate_limited 3\nWell?"}]
    request = ReceivedRequest("POST", "/v1/chat/completions", {}, json.dumps({"messages": messages}).encode())

    assert server._script_for(request).status == 429


def test_it_lists_its_models(server: OpenAIServer) -> None:
    with urlopen(f"{server.base_url}/models", timeout=10) as response:
        assert json.load(response)["data"][0]["id"] == "scripted-1"
