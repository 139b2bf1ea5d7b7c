"""The demo model's commands: ways to see the product wait, fail and recover."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from apps.llm import demo_answers
from apps.llm.errors import PROVIDER_ERRORS, CutOff, ProviderError

MAX_WORDS = 20_000
MAX_WAIT = 300.0  # seconds
DEFAULT_WAIT = 2.0
DEFAULT_LONG = 300
DEFAULT_CUT = 20
RETRY_AFTER = 3.0
ERRORS = {code.value: error for code, error in PROVIDER_ERRORS.items()}


@dataclass(frozen=True)
class Script:
    """What to say, how fast, and how it ends."""

    text: str
    wait: float | None = None  # seconds before each word, instead of the usual pace
    error: ProviderError | None = None
    error_after: int = 0  # words
    silent: bool = False

    def rest(self, said: str) -> str:
        """What is still to be said; behind words that are not ours, everything."""
        text = self.text
        if self.error and self.fails_behind(said):
            text = demo_answers.first_words(text, self.error_after)
        return text[len(said) :] if self.text.startswith(said) else "\n\n" + text

    def fails_behind(self, said: str) -> bool:
        """It fails once: a reply continued from behind the failure goes on to the end."""
        return self.error_after == 0 or len(said.split()) < self.error_after


def script_for(question: str) -> Script | None:
    """The script of a command, or None if the question is not one."""
    name, *arguments = question.split() or [""]
    command = COMMANDS.get(name.lower())
    return command(arguments) if command else None


def _help(arguments: list[str]) -> Script:
    return Script(demo_answers.HELP)


def _slow(arguments: list[str]) -> Script:
    seconds = min(_number(arguments, 0, DEFAULT_WAIT), MAX_WAIT)
    return Script(demo_answers.slow(seconds), wait=seconds)


def _long(arguments: list[str]) -> Script:
    return Script(demo_answers.long(_words(arguments, 0, DEFAULT_LONG)))


def _error(arguments: list[str]) -> Script:
    error = ERRORS.get(arguments[0].lower() if arguments else "unavailable")
    if error is None:
        return Script(demo_answers.unknown_error(sorted(ERRORS)))
    after = _words(arguments, 1, 0)
    retry_after = RETRY_AFTER if error.retryable else None
    return Script(_text_around(after), error=error(retry_after=retry_after), error_after=after)


def _cut(arguments: list[str]) -> Script:
    after = _words(arguments, 0, DEFAULT_CUT)
    return Script(_text_around(after), error=CutOff(), error_after=after)


def _silent(arguments: list[str]) -> Script:
    return Script("", silent=True)


def _text_around(count: int) -> str:
    """A text that has something left behind its first `count` words."""
    return demo_answers.long(count + 40)


def _words(arguments: list[str], position: int, default: int) -> int:
    return min(int(_number(arguments, position, default)), MAX_WORDS)


def _number(arguments: list[str], position: int, default: float) -> float:
    word = arguments[position] if position < len(arguments) else ""
    return float(word) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", word) else default


COMMANDS: dict[str, Callable[[list[str]], Script]] = {
    "/help": _help,
    "/slow": _slow,
    "/long": _long,
    "/error": _error,
    "/cut": _cut,
    "/silent": _silent,
}
