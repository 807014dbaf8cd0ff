"""On which line of a TOML file each key stands; tomllib does not say."""

from __future__ import annotations

import re
import tomllib
from typing import Any

Key = tuple[str, ...]

_HEADER = re.compile(r"\s*\[(?P<key>[^\[\]]+)\]\s*(?:#.*)?$")
_ASSIGNED = re.compile(r"\s*(?P<key>[\w.\"'\s-]+?)\s*=")


def lines_of(text: str) -> dict[Key, int]:
    """The line, from 1, of each table's header and each key that begins a line; what a long string
    says may add keys that are none.
    """
    found: dict[Key, int] = {}
    table: Key = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _parts(header["key"])
            found.setdefault(table, number)
        elif assigned := _ASSIGNED.match(line):
            found.setdefault(table + _parts(assigned["key"]), number)
    return found


def _parts(dotted: str) -> Key:
    """The parts of a key, its quotes taken away."""
    try:
        value: Any = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:
        return ()
    parts: list[str] = []
    while isinstance(value, dict):
        name, value = next(iter(value.items()))
        parts.append(name)
    return tuple(parts)
