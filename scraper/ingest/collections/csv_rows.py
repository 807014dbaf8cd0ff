"""CSV with a header; line numbers stay right where records hold line breaks."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from scraper.ingest.collections.rows import MAX_BYTES, Row, Unreadable, lines

_DELIMITERS = ",;\t|"


class _Lines:
    """The lines of a file for a CSV reader; it keeps those of the current record."""

    def __init__(self, file: BinaryIO) -> None:
        self._lines = lines(file)
        self.number = 0
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


def csv_rows(file: BinaryIO) -> Iterator[Row]:
    """Yield the records of a CSV file with comma, semicolon, tab or bar between columns.

    Raises Unreadable where the header cannot be used.
    """
    source = _Lines(file)
    delimiter = _delimiter(file)
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
    """Return the most frequent of the delimiters in the header's first line."""
    counted = Counter(file.readline(MAX_BYTES).decode(errors="replace"))
    file.seek(0)
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
    if len(values) < len(header):
        return "row_too_short" if record[-1].endswith("\n") else "cut_off"
    return "row_too_long" if any(values[len(header) :]) else None


def _is_open(record: Sequence[str], delimiter: str) -> bool:
    """Whether the file ends inside quotes."""
    try:
        list(csv.reader(record, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False
