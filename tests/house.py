"""The rooms of both packages and the imports between them, drawn as in CONTRIBUTING.md.

A room is a direct child of `archive/` or `scraper/`: a folder or a file. Floors are the layers of
`[tool.importlinter]`. `python -m tests.house` prints the drawing.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("scraper", "archive")
WIDTH = 120


def rooms(package: str) -> set[str]:
    """The names of a package's rooms; its `__init__` is the public API, and no room."""
    names = {path.stem for path in (ROOT / package).glob("*.py")}
    names |= {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
    return names - {"__init__"}


def arrows(package: str) -> set[tuple[str, str]]:
    """(room, imported room) for every import within a package, also inside functions."""
    return {
        (source, target)
        for path in (ROOT / package).rglob("*.py")
        for source in [path.relative_to(ROOT / package).with_suffix("").parts[0]]
        for target in _imported(path, package)
        if source != target and source in rooms(package)
    }


def _imported(path: Path, package: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == package and len(parts) > 1 and parts[1] in rooms(package):
                yield parts[1]


def floors(package: str) -> list[list[str]]:
    """The rooms of each floor, the highest first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    for contract in contracts["contracts"]:
        if contract.get("containers") == [package]:
            return [re.split(r" [|:] ", layer) for layer in contract["layers"]]
    raise LookupError(package)


def drawn(package: str) -> str:
    """The drawing of a package: a box per floor, a line per room with the rooms that it imports."""
    found = arrows(package)
    order = [room for floor in floors(package) for room in floor]
    boxes = [[_line(room, order, found) for room in floor] for floor in floors(package)]
    between = f"\n├{'─' * WIDTH}┤\n"
    body = between.join("\n".join(box) for box in boxes)
    return f"{package}/\n┌{'─' * WIDTH}┐\n{body}\n└{'─' * WIDTH}┘"


def _line(room: str, order: list[str], found: set[tuple[str, str]]) -> str:
    imported = [target for target in order if (room, target) in found]
    text = f" {room:13} → {' '.join(imported)}" if imported else f" {room}"
    return f"│{text:{WIDTH}}│"


if __name__ == "__main__":
    sys.stdout.write("".join(f"{drawn(package)}\n" for package in PACKAGES))
