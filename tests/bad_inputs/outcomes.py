"""What the outcomes of the corpus mean for a text, one function each. The rules are spelled out here anew."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from tests.bad_inputs.people import Verdict

LONGEST_MESSAGE, LONGEST_TITLE = 200_000, 200  # code points


def stored_as_sent(sent: Any, verdict: Verdict) -> bool:
    return verdict.stored == sent


def refused(sent: Any, verdict: Verdict) -> bool:
    return verdict.stored is None and verdict.code in {"not_text", "blank", "too_long"}


def stripped(sent: str, verdict: Verdict) -> bool:
    """Our choice: what no database can carry is dropped, nothing else; what then draws nothing is blank."""
    kept = re.sub(r"[\0\ud800-\udfff]", "", sent)
    visible = any(unicodedata.category(c) not in {"Cc", "Cf", "Zl", "Zp", "Zs"} for c in kept)
    return verdict.stored == kept if visible else verdict == Verdict(code="blank")


def on_one_line(sent: str, verdict: Verdict) -> bool:
    return verdict.stored == " ".join(sent.split())


def either(*outcomes: Callable[[Any, Verdict], bool]) -> Callable[[Any, Verdict], bool]:
    return lambda sent, verdict: any(outcome(sent, verdict) for outcome in outcomes)


OUTCOMES: dict[str, Callable[[Any, Verdict], bool]] = {
    "accept_or_cut": stored_as_sent,  # our choice: what is within the limit is kept whole
    "accept_verbatim": stored_as_sent,
    "accept_cleaned": on_one_line,
    "accept_or_reject": either(stored_as_sent, refused),
    "inert": stored_as_sent,  # and shown escaped
    "limit": stored_as_sent,
    "reject": refused,
    "reject_or_accept": refused,  # our choice: what draws nothing is blank
    "reject_or_cut": refused,  # our choice: a title given by hand is never cut
    "reject_or_default": refused,
    "reject_or_strip": stripped,
}
