"""Records of a collection, and the lines that they are read from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

MAX_BYTES = 16 * 1024 * 1024
"""Of one record; no story is as long, but a missing quote in CSV makes one."""
CHUNK = 64 * 1024
BOM = b"\xef\xbb\xbf"


class Unreadable(Exception):
    """A file is no collection; the message is for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record of a collection, or why there is none."""

    line: int
    """The line that it begins on, from 1."""
    fields: dict[str, Any] = field(default_factory=dict, repr=False)
    """Column -> value, as the file has them."""
    bad: str | None = None
    """A code of archive.ledger.wording."""


def lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Yield (number, line) from the file's position on; None for a line that is too long."""
    number = 0
    while raw := file.readline(MAX_BYTES + 1):
        number += 1
        if number == 1:
            raw = raw.removeprefix(BOM)
        if len(raw) > MAX_BYTES and not raw.endswith(b"\n"):
            _skip_line(file)
            yield number, None
        else:
            yield number, raw


def _skip_line(file: BinaryIO) -> None:
    while rest := file.readline(CHUNK):
        if rest.endswith(b"\n"):
            return
