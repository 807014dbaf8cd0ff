"""Records of a collection: CSV with a header, JSON lines, and JSON arrays element by element."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

MAX_BYTES = 16 * 1024 * 1024
"""Of one record; no story is as long, but a missing quote in CSV makes one."""
CHUNK = 64 * 1024
BOM = b"\xef\xbb\xbf"

_DELIMITERS = ",;\t|"
_SEPARATOR = re.compile(rb'(?:\xef\xbb\xbf)?"?sep=([,;\t|])"?[\r\n]*', re.IGNORECASE)
_OUTSIDE = re.compile(rb'[\[\]{},"]')
_INSIDE = re.compile(rb'["\\]')


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


def rows(file: BinaryIO, kind: str) -> Iterator[Row]:
    """Yield the records of a file of that kind, `csv` or `jsonl`, from its beginning.

    Raises Unreadable where a CSV file has no usable header.
    """
    file.seek(0)
    if kind == "csv":
        return _csv_rows(file)
    head = file.read(CHUNK).removeprefix(BOM).lstrip()
    file.seek(0)
    if head.startswith(b"["):
        return _array_rows(file)
    return _json_rows(file)


def _lines(file: BinaryIO, *, before: int = 0) -> Iterator[tuple[int, bytes | None]]:
    """Yield (number, line) from the file's position on; None for a line that is too long.

    `before`: how many lines are before that position.
    """
    number = before
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


class _Lines:
    """The lines of a file for a CSV reader; it keeps those of the current record."""

    def __init__(self, file: BinaryIO, *, before: int) -> None:
        self._lines = _lines(file, before=before)
        self.number = before
        self.record: list[str] = []
        self.bad: str | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.number, raw = next(self._lines)
        if raw is None:
            self.bad, raw = "too_long", b"\n"
        text = raw.decode(errors="replace")
        if "\ufffd" in text and "\ufffd".encode() not in raw:
            self.bad = "not_utf8"
        self.record.append(text)
        return text

    def begin(self) -> None:
        """Forget the current record; the next line begins one."""
        self.record, self.bad = [], None


def _csv_rows(file: BinaryIO) -> Iterator[Row]:
    """Yield the records of a CSV file with comma, semicolon, tab or bar between columns.

    Line numbers stay right where records contain line breaks.
    """
    delimiter = _delimiter(file)
    source = _Lines(file, before=int(file.tell() > 0))
    csv.field_size_limit(MAX_BYTES)
    reader = csv.reader(source, delimiter=delimiter)
    header = _header(reader)
    while True:
        source.begin()
        line = source.number + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line=line, bad="too_long" if "field limit" in str(error) else "broken_csv")
            continue
        bad = source.bad or _wrong(values, header, source.record, delimiter)
        if bad is not None:
            yield Row(line=line, bad=bad)
        elif values:
            pairs = zip(header, values, strict=False)
            yield Row(line=line, fields={name: value for name, value in pairs if name})


def _delimiter(file: BinaryIO) -> str:
    """Return the delimiter that Excel's first line `sep=;` names, which is skipped.

    Else the most frequent one in the header's first line.
    """
    first = file.readline(MAX_BYTES)
    named = _SEPARATOR.fullmatch(first)
    if named is not None:
        return named[1].decode()
    file.seek(0)
    counted = Counter(first.decode(errors="replace"))
    return max(_DELIMITERS, key=lambda mark: counted[mark])


def _header(reader: Iterator[list[str]]) -> list[str]:
    try:
        header = next((row for row in reader if row), [])
    except csv.Error as error:
        raise Unreadable(f"its header is not valid CSV ({error})") from error
    names = [name.strip() for name in header]
    twice = [name for name, count in Counter(names).items() if name and count > 1]
    if twice:
        raise Unreadable(f"two columns are called {twice[0]}")
    return names


def _wrong(
    values: Sequence[str], header: Sequence[str], record: Sequence[str], delimiter: str
) -> str | None:
    """Return why a row is not believed: with too few or too many values, they are misplaced."""
    if not values:
        return None
    if (len(record) > 1 or not record[-1].endswith("\n")) and _is_open(record, delimiter):
        return "cut_off"
    if any(values[len(header) :]):
        return "row_too_long"
    if len(values) >= len(header):
        return None
    return "row_too_short" if record[-1].endswith("\n") else "cut_off"


def _is_open(record: Sequence[str], delimiter: str) -> bool:
    """Whether the file ends inside quotes."""
    try:
        list(csv.reader(record, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _json_rows(file: BinaryIO) -> Iterator[Row]:
    for number, raw in _lines(file):
        if raw is None:
            yield Row(line=number, bad="too_long")
        elif raw.strip():
            yield _row(raw.strip(), number, broken="not_json" if raw.endswith(b"\n") else "cut_off")


def _array_rows(file: BinaryIO) -> Iterator[Row]:
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
        self._breaks = 0
        """Line breaks of an element that is too long."""
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
        self._piece += part
        if self._too_long:
            self._breaks += self._piece.count(b"\n")
            self._piece.clear()

    def take(self, part: bytes) -> tuple[bytes, str | None]:
        """Return the element that ends with this part, and what is wrong with it."""
        self.keep(part)
        raw, bad = bytes(self._piece), None
        if self._too_long:
            raw, bad = b"\n" * self._breaks, "too_long"
        self._piece.clear()
        self._breaks, self._too_long = 0, False
        return raw, bad
