"""Files of collections: opening them, and their format."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from scraper.ingest.collections.rows import BOM, CHUNK, Unreadable

SPOOLED = 64 * 1024 * 1024
"""Bytes of standard input that are held in memory; a longer one goes to a temporary file."""

_NOT_TEXT = (
    (b"PK\x03\x04", "it is an Excel or zip file; save its table as CSV first"),
    (b"\x1f\x8b", "it is compressed; unpack it first, as with gunzip"),
    (b"\xff\xfe", "it is UTF-16; save it as UTF-8 first"),
    (b"\xfe\xff", "it is UTF-16; save it as UTF-8 first"),
    (b"SQLite format 3\0", "it is an SQLite file, no collection"),
    (b"%PDF", "it is a PDF file, no collection"),
    (b"PAR1", "it is a Parquet file; save it as CSV or JSON lines first"),
)
_KINDS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".tsv": "csv"}


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file so that it can be read repeatedly; `-` is standard input.

    Raises Unreadable with the system's reason.
    """
    try:
        file = _spooled() if str(path) == "-" else path.open("rb")
    except (OSError, ValueError) as error:  # a ValueError for a NUL in the path
        raise Unreadable(getattr(error, "strerror", None) or str(error)) from error
    with file:
        try:
            yield file
        except OSError as error:
            raise Unreadable(error.strerror or str(error)) from error


def _spooled() -> BinaryIO:
    file = tempfile.SpooledTemporaryFile(SPOOLED)  # noqa: SIM115 - the caller closes it
    shutil.copyfileobj(sys.stdin.buffer, file)
    file.seek(0)
    return cast(BinaryIO, file)


def kind_of(path: Path, file: BinaryIO) -> str:
    """Return `jsonl` (an array, too) or `csv`, by the name, else by the first character.

    Raises Unreadable for anything else.
    """
    head = file.read(CHUNK)
    file.seek(0)
    for magic, sentence in _NOT_TEXT:
        if head.startswith(magic):
            raise Unreadable(sentence)
    if not head.removeprefix(BOM).strip():
        raise Unreadable("it is empty")
    named = _KINDS.get(path.suffix.lower())
    if named is not None:
        return named
    if head.removeprefix(BOM).lstrip()[:1] in (b"{", b"["):
        return "jsonl"
    raise Unreadable("its name does not show its format; add --jsonl or --csv")
