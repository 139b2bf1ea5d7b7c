"""What the segments of one text share while they are drawn."""

import re
from dataclasses import dataclass, field, replace
from typing import Any

from markdown_it.token import Token

from apps.web.markdown.budget import Budget

LONGEST_SCOPE = 64  # a message id and some more


@dataclass
class Page:
    """`live` while the text still grows: a footnote may be defined later. `growing` for its last segment."""

    scope: str
    live: bool = False
    growing: bool = False
    budget: Budget = field(default_factory=Budget)
    references: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, list[Token]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scope = re.sub(r"[^A-Za-z0-9-]", "", self.scope)[:LONGEST_SCOPE]

    def number_of(self, label: str) -> int:
        return self.numbers.setdefault(label, len(self.numbers) + 1)

    def draft(self) -> "Page":
        """A copy to draw on for a moment."""
        return replace(
            self,
            growing=True,
            budget=replace(self.budget),
            references=dict(self.references),
            numbers=dict(self.numbers),
        )

    @property
    def env(self) -> dict[str, Any]:
        return {"page": self, "references": self.references}
