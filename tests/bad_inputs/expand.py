"""The corpus of bad inputs: its entries by group, and the texts that its generators stand for."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Entry:
    """One bad input: what is sent, and which outcome (see `outcomes`) it must have, whatever the path."""

    id: str
    outcome: str
    input: Any
    target: str = ""

    @property
    def generator(self) -> str:
        return self.input.get("gen", "") if isinstance(self.input, dict) else ""

    @property
    def value(self) -> Any:
        return expand(self.input)


def entries(group: str) -> list[Entry]:
    lines = (FOLDER / f"{group}.jsonl").read_text().splitlines()
    return [Entry(**json.loads(line)) for line in lines]


def expand(spec: Any) -> Any:
    """The text of a generator; anything else is what it is."""
    match spec:
        case {"gen": "repeat", "unit": unit, "times": times}:
            return unit * times
        case {"gen": "concat", "parts": parts}:
            return "".join(map(expand, parts))
        case {"gen": "unique_words", "count": count, "prefix": prefix}:
            return "".join(f"{prefix}{number:x} " for number in range(count))
        case {"gen": name}:
            raise ValueError(f"{name} is for a driver")
    return spec
