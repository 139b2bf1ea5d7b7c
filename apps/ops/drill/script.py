"""What the scripted model says: fixed by the question, but for the voice of the call that says it.

Every word carries its number and a voice, one code point that tells which call of the model wrote it. So a
word that was lost, doubled or written anew by another attempt shows, wherever the text is found.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

VOICES = "🐙🦊🐢🦉🐝🦀🐳🦜🐌🦋🐞🐘🦩🐫🦔🦚"  # the last one speaks for all calls beyond
UNHEARD = "\N{SPEAKER}"  # stands for a voice where it does not matter which
SPICE = ("", "", " naïve", "", " 漢字", "", " 👩‍👩‍👧", " e\u0301")  # what offsets are easily miscounted by
PROMPT = re.compile(r"Drill question (\d+), please say (\d+) words\.")
_FLATTENED = str.maketrans(dict.fromkeys(VOICES, UNHEARD))


@dataclass(frozen=True)
class Question:
    number: int  # of the whole drill
    words: int

    @classmethod
    def found_in(cls, prompt: str) -> "Question":
        match = PROMPT.fullmatch(prompt)
        if match is None:
            raise ValueError(f"no question of the drill: {prompt!r}")
        return cls(int(match[1]), int(match[2]))

    @property
    def prompt(self) -> str:
        return f"Drill question {self.number}, please say {self.words} words."

    @cached_property
    def script(self) -> str:
        """The whole reply, by nobody in particular."""
        return "".join(self._words()).rstrip()

    def spoken(self, voice: str) -> str:
        return self.script.replace(UNHEARD, voice)

    def _words(self) -> Iterator[str]:
        for number in range(1, self.words + 1):
            space = "\n\n" if number % 25 == 0 else "\n" if number % 7 == 0 else " "
            yield f"q{self.number}w{number}{UNHEARD}{SPICE[number % len(SPICE)]}{space}"


@dataclass(frozen=True)
class Flaw:
    """How a text differs from the beginning of its script, in code points."""

    lost: int
    doubled: int

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled)


def voice_of(call: int) -> str:
    """The voice of a question's call, counted from zero."""
    return VOICES[min(call, len(VOICES) - 1)]


def flaw_of(text: str, script: str) -> Flaw:
    """What is wrong with a text that should be the beginning of `script`, whoever speaks."""
    return flaw_between(text.translate(_FLATTENED), script)


def flaw_between(text: str, whole: str) -> Flaw:
    """What is missing from, or too much in, a text that should be the beginning of the `whole`."""
    if whole.startswith(text):
        return Flaw(0, 0)
    steps = SequenceMatcher(None, whole, text, autojunk=False).get_opcodes()
    if steps[-1][0] == "delete":  # the rest, which nobody has said yet
        steps.pop()
    lost = sum(end - start for step, start, end, _, _ in steps if step in ("delete", "replace"))
    doubled = sum(end - start for step, _, _, start, end in steps if step in ("insert", "replace"))
    return Flaw(lost, doubled)


def voices_in(text: str) -> str:
    """The voices of a text, one for each stretch: in a sound text each one comes once, in their order."""
    voices = [character for character in text if character in VOICES]
    changes = (voice for before, voice in zip(["", *voices], voices, strict=False) if voice != before)
    return "".join(changes)


def in_turn(text: str) -> bool:
    """Whether no call wrote into the text of another."""
    places = [VOICES.index(voice) for voice in voices_in(text)]
    return places == sorted(set(places))
