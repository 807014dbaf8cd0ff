"""Text formats: CSV and JSON lines."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from io import TextIOWrapper
from typing import IO, Any

from archive import printable
from archive.database.schema import LISTS

Batch = Sequence[tuple[Any, ...]]
Writer = Callable[[IO[bytes], Sequence[str], Iterator[Batch]], int]
"""Writes rows of these columns; returns how many cells it had to shorten."""


def write_csv(out: IO[bytes], names: Sequence[str], batches: Iterator[Batch]) -> int:
    """Write CSV in UTF-8, with a header; lists are JSON, and no text is a formula."""
    text = TextIOWrapper(out, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for batch in batches:
        writer.writerows([_csv(cell) for cell in row] for row in batch)
    text.detach()
    return 0


def _csv(cell: Any) -> Any:
    return printable.csv_cell(cell) if isinstance(cell, str) else cell


def write_jsonl(out: IO[bytes], names: Sequence[str], batches: Iterator[Batch]) -> int:
    """Write a JSON object a line, with lists as arrays."""
    lists = [name in LISTS for name in names]
    for batch in batches:
        for row in batch:
            cells = map(_json, row, lists)
            line = json.dumps(dict(zip(names, cells, strict=True)), ensure_ascii=False)
            out.write(f"{printable.escaped(line)}\n".encode())
    return 0


def _json(cell: Any, is_list: bool) -> Any:
    return json.loads(cell) if is_list and cell is not None else cell
