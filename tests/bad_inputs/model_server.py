"""The scriptable model server as a process of its own, so that what it costs is not measured as ours.

Beyond `!behaviour NAME` a question may begin with `!title …` (JSON: a text, or a generator of one), which has
the conversation titled so, or with `!echo`, which is answered with what the model was told, as JSON.
"""

import asyncio
import json
import sys

from tests.bad_inputs.expand import expand
from tests.support.openai_scripts import END, ReceivedRequest, Script, text
from tests.support.openai_server import OpenAIServer

TITLE, ECHO = "!title ", "!echo"


class WillingServer(OpenAIServer):
    def _script_for(self, request: ReceivedRequest) -> Script:
        if request.method == "POST":
            first_line = request.prompt.partition("\n")[0]
            if request.wants_title and first_line.startswith(TITLE):
                return Script([text(expand(json.loads(first_line.removeprefix(TITLE)))), *END])
            if first_line == ECHO and not request.wants_title:
                return Script([text(json.dumps(request.json["messages"])), *END])
        return super()._script_for(request)


async def main() -> None:
    async with WillingServer() as server:
        sys.stdout.write(f"{server.base_url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
