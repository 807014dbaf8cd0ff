"""JSON lines, and JSON arrays, which are read element by element."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from scraper.ingest.collections.rows import BOM, CHUNK, MAX_BYTES, Row, lines

_OUTSIDE = re.compile(rb'[\[\]{},"]')
_INSIDE = re.compile(rb'["\\]')


def json_rows(file: BinaryIO) -> Iterator[Row]:
    """Yield the records of JSON lines, or of an array where the file begins with `[`."""
    head = file.read(CHUNK).removeprefix(BOM).lstrip()
    file.seek(0)
    yield from _of_array(file) if head[:1] == b"[" else _of_lines(file)


def _of_lines(file: BinaryIO) -> Iterator[Row]:
    for number, raw in lines(file):
        if raw is None:
            yield Row(line=number, bad="too_long")
        elif raw.strip():
            yield _row(raw.strip(), number, broken="not_json" if raw.endswith(b"\n") else "cut_off")


def _of_array(file: BinaryIO) -> Iterator[Row]:
    """Yield an array's elements; one that is broken inside does not spoil the others."""
    line = 1
    for raw, bad in _elements(file):
        begin = line + raw[: len(raw) - len(raw.lstrip())].count(b"\n")
        line += raw.count(b"\n")
        if bad is not None:
            yield Row(line=begin, bad=bad)
        elif raw.strip():
            yield _row(raw.strip(), begin, broken="not_json")


def _row(raw: bytes, line: int, *, broken: str) -> Row:
    """Parse a record; control characters in its texts are accepted, as many scrapers write them."""
    try:
        found = json.loads(raw.decode(), strict=False)
    except UnicodeDecodeError:
        return Row(line=line, bad="not_utf8")
    except (ValueError, RecursionError):
        return Row(line=line, bad=broken)
    if not isinstance(found, dict):
        return Row(line=line, bad="not_a_record")
    return Row(line=line, fields=found)


def _elements(file: BinaryIO) -> Iterator[tuple[bytes, str | None]]:
    """Yield (bytes, what is wrong) around and between an array's outermost brackets and commas."""
    scan = _Scan()
    if file.read(len(BOM)) != BOM:
        file.seek(0)
    while chunk := file.read(CHUNK):
        start = 0
        for end in scan.ends(chunk):
            yield scan.take(chunk[start:end])
            start = end + 1
        scan.keep(chunk[start:])
    raw, bad = scan.take(b"")
    if bad is not None or scan.depth or raw.strip():
        yield raw, bad or "cut_off"


class _Scan:
    """Finds where the elements of an array end, over any number of chunks; strings are skipped."""

    def __init__(self) -> None:
        self.depth = 0
        self._quoted = False
        self._escaped = False
        self._piece = bytearray()
        self._too_long = False

    def ends(self, chunk: bytes) -> Iterator[int]:
        """Yield the positions of the brackets and commas that part elements."""
        place, self._escaped = int(self._escaped), False
        while match := (_INSIDE if self._quoted else _OUTSIDE).search(chunk, place):
            mark, place = match[0], match.end()
            if mark == b"\\":
                place += 1
            elif mark == b'"':
                self._quoted = not self._quoted
            elif self._parts(mark):
                yield match.start()
        self._escaped = place > len(chunk)

    def _parts(self, mark: bytes) -> bool:
        """Whether a mark outside strings parts elements."""
        if mark in b"[{":
            self.depth += 1
            return mark == b"[" and self.depth == 1
        if mark in b"]}":
            self.depth -= 1
            return self.depth == 0
        return self.depth == 1

    def keep(self, part: bytes) -> None:
        """Add a part of an element; of one that is too long only the line breaks are kept."""
        self._too_long = self._too_long or len(self._piece) + len(part) > MAX_BYTES
        if self._too_long:
            self._piece = bytearray(b"\n" * (self._piece.count(b"\n") + part.count(b"\n")))
        else:
            self._piece += part

    def take(self, part: bytes) -> tuple[bytes, str | None]:
        """Return the element that ends with this part, and what is wrong with it."""
        self.keep(part)
        taken = bytes(self._piece), "too_long" if self._too_long else None
        self._piece.clear()
        self._too_long = False
        return taken
