"""The corpus' files: rows into numbered Parquet or JSON-lines files of a split, the same bytes for
the same rows.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

from archive.corpus.output.columns import arrow_schema
from archive.corpus.output.summary import CorpusFile
from archive.corpus.recipe import Format

ROWS_A_FILE = 50_000
"""Some 100 MB of news, well below what the Hub recommends for a file."""

ROWS_A_GROUP = 1_000
"""Small row groups: readers stream and filter in little memory."""


class _Sink(Protocol):
    def write(self, rows: list[dict[str, Any]]) -> None: ...
    def close(self) -> None: ...


class _Held(io.RawIOBase):
    """Keeps what Arrow writes until `drain`: where the disk is full amid content-defined chunks,
    Arrow (26) would end the process.
    """

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._waiting = bytearray()
        self._length = 0

    def writable(self) -> bool:
        """Called by Arrow."""
        return True

    def tell(self) -> int:
        """Called by Arrow."""
        return self._length

    def write(self, data: Any) -> int:
        """Called by Arrow."""
        self._waiting += data
        self._length += len(data)
        return len(data)

    def drain(self) -> None:
        """Write to the disk; raises OSError."""
        self._file.write(self._waiting)
        self._waiting.clear()


class ParquetSink:
    """A Parquet file as the Hub likes it: zstd, a page index, content-defined chunks, so that a new
    version uploads what is new.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._waiting: list[dict[str, Any]] = []
        self._raw = path.open("wb")
        self._held = _Held(self._raw)
        self._writer = pq.ParquetWriter(
            self._held,
            schema,
            compression="zstd",
            use_content_defined_chunking=True,
            write_page_index=True,
        )

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Rows, written in whole groups."""
        self._waiting += rows
        while len(self._waiting) >= ROWS_A_GROUP:
            self._flush(ROWS_A_GROUP)

    def close(self) -> None:
        """Write what waits."""
        try:
            if self._waiting:
                self._flush(len(self._waiting))
        finally:
            self._writer.close()
            try:
                self._held.drain()
            finally:
                self._raw.close()

    def _flush(self, count: int) -> None:
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        self._writer.write_table(pa.Table.from_pylist(group, schema=self._schema))
        self._held.drain()


class JsonSink:
    """JSON lines, gzipped without a name or a time."""

    def __init__(self, path: Path) -> None:
        self._raw = path.open("wb")
        self._file = gzip.GzipFile(
            filename="", mode="wb", compresslevel=6, fileobj=self._raw, mtime=0
        )

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Rows, a line each."""
        for row in rows:
            self._file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")

    def close(self) -> None:
        """Write what waits."""
        try:
            self._file.close()
        finally:
            self._raw.close()


class DataFiles:
    """The data files of all splits; the number of rows of each split has to be known, as it stands
    in the files' names.

    A split without a row has no file: `load_dataset` fails for all splits where one is empty
    (datasets 5.2).
    """

    def __init__(self, folder: Path, splits: Mapping[str, int], format: Format) -> None:  # noqa: A002 - the option's own name
        self._folder = folder
        self._format = format
        self._totals = splits
        self._written = dict.fromkeys(splits, 0)
        self._open: dict[str, _Sink] = {}
        (folder / "data").mkdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with ExitStack() as stack:
            for sink in self._open.values():
                stack.callback(sink.close)

    def write(self, split: str, rows: list[dict[str, Any]]) -> None:
        """The next rows of a split."""
        while rows:
            free = ROWS_A_FILE - self._written[split] % ROWS_A_FILE
            some, rows = rows[:free], rows[free:]
            self._sink(split).write(some)
            self._written[split] += len(some)
            if len(some) == free:
                self._open.pop(split).close()

    def files(self) -> dict[str, tuple[str, int]]:
        """Path below the folder -> its split and rows."""
        return {
            self._name(split, number): (split, min(ROWS_A_FILE, total - number * ROWS_A_FILE))
            for split, total in self._totals.items()
            for number in range(self._count(split))
        }

    def _sink(self, split: str) -> _Sink:
        if split not in self._open:
            path = self._folder / self._name(split, self._written[split] // ROWS_A_FILE)
            self._open[split] = (
                JsonSink(path) if self._format == "jsonl" else ParquetSink(path, arrow_schema())
            )
        return self._open[split]

    def _count(self, split: str) -> int:
        return -(-self._totals[split] // ROWS_A_FILE)

    def _name(self, split: str, number: int) -> str:
        ending = "jsonl.gz" if self._format == "jsonl" else "parquet"
        return f"data/{split}-{number:05d}-of-{self._count(split):05d}.{ending}"


def described(folder: Path, files: Mapping[str, tuple[str | None, int]]) -> Iterator[CorpusFile]:
    """Size and digest of the files."""
    for path, (split, rows) in files.items():
        with (folder / path).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        yield CorpusFile(
            path=path, split=split, rows=rows, size=(folder / path).stat().st_size, sha256=digest
        )
