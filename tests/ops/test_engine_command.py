import time
from collections.abc import Iterator

import pytest

from apps.ops.process import Process
from apps.ops.stack import CHECKOUT
from tests.support.product import MANAGE, Embedded

pytestmark = pytest.mark.embedded_only
WITHIN = 20.0  # seconds
ASK = """
import uuid
from apps.accounts.models import User
from apps.chat.actions import send_message
send_message(User.objects.get(), uuid.uuid4(), key=uuid.uuid4().hex, text="/long 20", model_name="demo")
"""


@pytest.fixture
def product() -> Iterator[Embedded]:
    with Embedded({"ENGINE_IN_WEB": "false"}) as running:
        running.accounts(1)
        running.manage("shell", "--verbosity", "0", "--command", ASK)
        yield running


def test_an_engine_of_its_own_writes_what_the_web_leaves_alone(product: Embedded) -> None:
    waiting = product.replies()[0]
    engine = Process("engine", [*MANAGE, "engine"], environment=product.environment, folder=CHECKOUT)

    engine.start()
    deadline = time.monotonic() + WITHIN
    while (reply := product.replies()[0]).is_live and time.monotonic() < deadline:
        time.sleep(0.05)  # a row rings no bell
    engine.stop()

    assert waiting.status == "queued"
    assert (reply.status, len(reply.text.split())) == ("complete", 20)
    assert engine.exit_code == 0
