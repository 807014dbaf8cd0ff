"""Writes rows to numbered Parquet or JSON-lines files per split; equal rows make equal bytes."""

import gzip
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, Self

import pyarrow as pa
import pyarrow.parquet as pq

from archive.corpus.output.columns import arrow_schema
from archive.corpus.output.summary import CorpusFile
from archive.corpus.recipe import Format

ROWS_PER_FILE = 50_000
"""Some 100 MB of news, well below what the Hub recommends for a file."""

ROWS_PER_GROUP = 1_000
"""Small row groups: readers stream and filter in little memory."""


class _Buffer(io.BytesIO):
    """Buffers Arrow's output until `drain`.

    Where the disk is full while Arrow (26) writes content-defined chunks, it aborts the process.
    """

    drained = 0

    def tell(self) -> int:
        """Return the position in the file."""
        return self.drained + super().tell()

    def drain(self, file: BinaryIO) -> None:
        """Move the contents to the file; raises OSError."""
        file.write(self.getvalue())
        self.drained = self.tell()
        self.seek(0)
        self.truncate()


class ParquetSink:
    """A Parquet file as the Hub recommends: zstd, a page index, content-defined chunks.

    With those chunks, an upload of a new version transfers only what is new.
    """

    ending = "parquet"

    def __init__(self, path: Path, schema: pa.Schema | None = None) -> None:
        """`schema`: by default that of the corpus."""
        self._schema = schema or arrow_schema()
        self._waiting: list[dict[str, Any]] = []
        self._file = path.open("wb")
        self._buffer = _Buffer()
        self._writer = pq.ParquetWriter(
            self._buffer,
            self._schema,
            compression="zstd",
            use_content_defined_chunking=True,
            write_page_index=True,
        )

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Add rows, written in whole groups."""
        self._waiting += rows
        while len(self._waiting) >= ROWS_PER_GROUP:
            self._flush(ROWS_PER_GROUP)

    def close(self) -> None:
        """Write the rest."""
        with self._file:
            try:
                if self._waiting:
                    self._flush(len(self._waiting))
            finally:
                self._writer.close()
                self._buffer.drain(self._file)

    def _flush(self, count: int) -> None:
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        self._writer.write_table(pa.Table.from_pylist(group, schema=self._schema))
        self._buffer.drain(self._file)


class JsonSink:
    """JSON lines, gzipped without a name or a time."""

    ending = "jsonl.gz"

    def __init__(self, path: Path) -> None:
        self._raw = path.open("wb")
        self._file = gzip.GzipFile("", "wb", compresslevel=6, fileobj=self._raw, mtime=0)

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Add rows, one line each."""
        for row in rows:
            self._file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")

    def close(self) -> None:
        """Write the rest."""
        with self._raw:
            self._file.close()


_SINKS: dict[Format, type[ParquetSink | JsonSink]] = {"parquet": ParquetSink, "jsonl": JsonSink}


class DataFiles:
    """The data files of all splits; their names contain their number, so totals must be known.

    A split without rows has no file: `load_dataset` fails for all splits where one is empty
    (datasets 5.2).
    """

    def __init__(self, folder: Path, splits: Mapping[str, int], file_format: Format) -> None:
        self._folder = folder
        self._kind = _SINKS[file_format]
        self._totals = splits
        self._written = dict.fromkeys(splits, 0)
        self._open: dict[str, ParquetSink | JsonSink] = {}
        (folder / "data").mkdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as stack:
            for sink in self._open.values():
                stack.callback(sink.close)

    def write(self, split: str, rows: list[dict[str, Any]]) -> None:
        """Write the next rows of a split."""
        while rows:
            free = ROWS_PER_FILE - self._written[split] % ROWS_PER_FILE
            some, rows = rows[:free], rows[free:]
            self._sink(split).write(some)
            self._written[split] += len(some)
            if len(some) == free:
                self._open.pop(split).close()

    def files(self) -> dict[str, tuple[str, int]]:
        """Return path relative to the folder -> its split and rows."""
        return {
            self._name(split, number): (split, min(ROWS_PER_FILE, total - number * ROWS_PER_FILE))
            for split, total in self._totals.items()
            for number in range(self._count(split))
        }

    def _sink(self, split: str) -> ParquetSink | JsonSink:
        if split not in self._open:
            name = self._name(split, self._written[split] // ROWS_PER_FILE)
            self._open[split] = self._kind(self._folder / name)
        return self._open[split]

    def _count(self, split: str) -> int:
        return -(-self._totals[split] // ROWS_PER_FILE)

    def _name(self, split: str, number: int) -> str:
        return f"data/{split}-{number:05d}-of-{self._count(split):05d}.{self._kind.ending}"


def described(folder: Path, files: Mapping[str, tuple[str | None, int]]) -> Iterator[CorpusFile]:
    """Yield the files, given as path -> (split, rows), with size and digest."""
    for name, (split, rows) in files.items():
        path = folder / name
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        yield CorpusFile(path=name, split=split, rows=rows, size=path.stat().st_size, sha256=digest)
