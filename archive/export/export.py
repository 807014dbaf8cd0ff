"""Writes the articles that a filter leaves into one file, in bounded memory."""

import gzip
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import IO, BinaryIO, cast

from sqlite_utils import Database

from archive.archive import Reader
from archive.database.connection import plain_errors, read_transaction
from archive.errors import ExportError
from archive.export.formats import Batch, Writer, write_csv, write_jsonl
from archive.export.parquet import write_parquet
from archive.export.xlsx import MAX_ROWS, write_xlsx
from archive.search.filters import Filter
from archive.search.listing import Order, chosen, columns, rows
from archive.search.query import parse, to_fts5
from archive.search.stemming import WordForms

FORMATS: dict[str, Writer] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
    "xlsx": write_xlsx,
}
COMPRESSED = ("csv", "jsonl")
"""Formats that gzip makes smaller; the others are compressed already."""
Progress = Callable[..., None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written."""

    articles: int
    opted_out: int
    """Articles among them whose pages opt out of text and data mining: see the column."""
    shortened: int
    """Cells that were longer than the format holds."""


def format_of(name: str) -> tuple[str, bool]:
    """Return the format of a file's name, and whether it is compressed; raises ExportError."""
    stem = name.lower()
    compressed = stem.endswith(".gz")
    ending = stem.removesuffix(".gz").rpartition(".")[2]
    if ending in FORMATS and not (compressed and ending not in COMPRESSED):
        return ending, compressed
    endings = [f".{each}" for each in FORMATS] + [f".{each}.gz" for each in COMPRESSED]
    raise ExportError(f"{name}: its name must end in {', '.join(endings[:-1])} or {endings[-1]}")


def export(
    archive: Reader,
    out: BinaryIO,
    file_format: str,
    *,
    compressed: bool = False,
    where: Filter | None = None,
    order: Order = "newest",
    limit: int | None = None,
    query: str | None = None,
    stem: bool = False,
    progress: Progress = lambda done, total=None: None,
) -> Exported:
    """Write articles with their newest texts, all columns of `latest`, as of one time.

    `query`: only those whose texts of today have its words. Raises QueryError, PackageMissing, and
    ExportError where the format cannot hold so many. `progress` is called with the number of
    articles done, and their total.
    """
    db, names = archive.db, columns(archive.db)
    with plain_errors(archive.path), read_transaction(db):
        words = _words(db, query, stem=stem)
        numbers = chosen(db, where or Filter(), order=order, limit=limit, words=words)
        if file_format == "xlsx" and len(numbers) > MAX_ROWS:
            raise ExportError(
                f"these are {len(numbers):,} articles, and a sheet of .xlsx holds {MAX_ROWS:,};"
                " use another format, or narrow them down"
            )
        opted_out = Counter[bool]()
        batches = _counted(rows(db, numbers, names), names.index("opted_out"), opted_out)
        progress(0, total=len(numbers))
        with _packed(out) if compressed else nullcontext(out) as file:
            shortened = FORMATS[file_format](file, names, _reported(batches, progress))
    return Exported(articles=len(numbers), opted_out=opted_out[True], shortened=shortened)


def _words(db: Database, query: str | None, *, stem: bool) -> str | None:
    """Return what FTS5 looks for; None where articles are not chosen by their words."""
    if query is None:
        return None
    forms = WordForms(db, ("search",)) if stem else None
    return to_fts5(parse(query), forms)


def _counted(batches: Iterable[Batch], place: int, given: Counter[bool]) -> Iterator[Batch]:
    """Count the rows that have a value in the column at `place`, and those that have none."""
    for batch in batches:
        given.update(row[place] is not None for row in batch)
        yield batch


def _reported(batches: Iterable[Batch], progress: Progress) -> Iterator[Batch]:
    """Report each batch when the next one is wanted: it is written by then."""
    for batch in batches:
        yield batch
        progress(len(batch))


@contextmanager
def _packed(out: BinaryIO) -> Iterator[IO[bytes]]:
    """Compress what is written; the same bytes at any time."""
    with gzip.GzipFile(fileobj=out, filename="", mode="wb", mtime=0) as packed:
        yield cast("IO[bytes]", packed)
