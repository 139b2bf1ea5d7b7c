"""Whether the locks still say what the hand-written lists ask for; works offline."""

import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
ADDRESS = re.compile(r"https?://|^\s*--(?!hash)", re.MULTILINE)


def wanted(path: Path) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def pins(path: Path) -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in PIN.findall(path.read_text())}


def complaints(folder: Path) -> list[str]:
    base, dev = pins(folder / "base.txt"), pins(folder / "dev.txt")
    apart = [name for name, version in base.items() if dev.get(name) != version]
    addressed = [path.name for path in sorted(folder.glob("*.txt")) if ADDRESS.search(path.read_text())]
    return [
        *_unmet("base", wanted(folder / "base.in"), base),
        *_unmet("dev", wanted(folder / "dev.in"), dev),
        *(f"dev.txt does not hold the {name} of base.txt: make lock" for name in apart),
        *(
            f"{name} names an address or an option: a lock holds names, versions, hashes"
            for name in addressed
        ),
    ]


def _unmet(name: str, requirements: list[Requirement], pinned: dict[str, str]) -> list[str]:
    return [
        f"{name}.txt does not hold {requirement}, which {name}.in asks for: make lock"
        for requirement in requirements
        if not _met(requirement, pinned)
    ]


def _met(requirement: Requirement, pinned: dict[str, str]) -> bool:
    version = pinned.get(canonicalize_name(requirement.name))
    return version is not None and requirement.specifier.contains(version, prereleases=True)
