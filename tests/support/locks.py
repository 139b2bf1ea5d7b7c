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
    found = [
        *_unmet("base", wanted(folder / "base.in"), base),
        *_unmet("dev", wanted(folder / "dev.in"), dev),
        *(
            f"dev.txt has {name} {dev.get(name)}, base.txt {pin}"
            for name, pin in base.items()
            if dev.get(name) != pin
        ),
    ]
    for path in folder.glob("*.txt"):
        if ADDRESS.search(path.read_text()):
            found.append(f"{path.name} names an address or an option: locks hold names, versions and hashes")
    return found


def _unmet(name: str, requirements: list[Requirement], pinned: dict[str, str]) -> list[str]:
    return [
        f"{name}.in asks for {requirement}, {name}.txt has {pinned.get(canonicalize_name(requirement.name))}: make lock"
        for requirement in requirements
        if not requirement.specifier.contains(
            pinned.get(canonicalize_name(requirement.name), ""), prereleases=True
        )
    ]
