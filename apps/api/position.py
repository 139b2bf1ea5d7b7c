"""Positions: how far a program has seen what it follows, as text that it gives back when it returns."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from apps.live.cursor import UNKNOWN

MOST_OFFSETS = 64  # texts that a position may know in part
LONGEST = 4_096  # characters of a position
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
PATTERN = rf"^(\d{{1,18}}(,{_UUID}=\d{{1,9}}){{0,{MOST_OFFSETS}}})?$"  # as the documents tell it, too
_POSITION = re.compile(PATTERN.replace("$", r"\Z"), re.ASCII)


class BadPosition(ValueError):
    """No position of ours."""


@dataclass(frozen=True)
class Position:
    """Everything up to `rev`, and so many code points of each text that is not known to its end.

    As text it is empty for whoever knows nothing.
    """

    rev: int = UNKNOWN
    offsets: Mapping[UUID, int] = field(default_factory=dict)

    def __str__(self) -> str:
        if self.rev == UNKNOWN:
            return ""
        return f"{self.rev}" + "".join(f",{pk}={offset}" for pk, offset in self.offsets.items())

    @classmethod
    def parse(cls, text: str) -> "Position":
        """The position that `text` tells; raises BadPosition."""
        if not text:
            return cls()
        if len(text) > LONGEST or not _POSITION.match(text):
            raise BadPosition
        rev, *parts = text.split(",")
        known = (part.split("=") for part in parts)
        return cls(int(rev), {UUID(pk): int(offset) for pk, offset in known})


def _is_position(text: str) -> str:
    Position.parse(text)  # its complaint is a ValueError, as it should be
    return text


SaidPosition = Annotated[
    str,
    Field(
        pattern=PATTERN,
        description="Where you are: the last position you were told. Without one you are told everything.",
    ),
    AfterValidator(_is_position),
]
