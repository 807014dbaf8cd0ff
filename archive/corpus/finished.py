"""Reads a finished corpus: its manifest, and the rows of its files."""

import gzip
import json
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pyarrow.lib import ArrowException

from archive.errors import CorpusError

DROPPED = "dropped.parquet"


def manifest(corpus: Path) -> dict[str, Any]:
    """Return the manifest; raises CorpusError for a folder that is no corpus."""
    path = corpus / "manifest.json"
    try:
        if path.is_file():
            found = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(found, dict):
                return found
    except (OSError, ValueError, RecursionError) as error:
        raise CorpusError(f"{path}: cannot be read: {_why(error)}") from error
    raise CorpusError(f"{corpus}: not a corpus of warta (it has no manifest.json)")


def stories(
    corpus: Path, columns: Collection[str] | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the file and row of every story, the excluded ones first; raises CorpusError.

    `columns`: of Parquet files, those that are read; all by default.
    """
    try:
        for path in (corpus / DROPPED, *sorted((corpus / "data").iterdir())):
            name = path.relative_to(corpus).as_posix()
            yield from ((name, row) for row in _rows(path, columns))
    except (OSError, EOFError, ValueError, zlib.error, ArrowException) as error:
        raise CorpusError(f"{corpus}: cannot be read: {_why(error)}") from error


def _rows(path: Path, columns: Collection[str] | None) -> Iterator[dict[str, Any]]:
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)
        return
    with pq.ParquetFile(path) as file:
        known = file.schema_arrow.names
        wanted = [name for name in known if columns is None or name in columns]
        for batch in file.iter_batches(batch_size=500, columns=wanted):
            yield from batch.to_pylist()


def _why(error: Exception) -> object:
    return getattr(error, "strerror", None) or error
