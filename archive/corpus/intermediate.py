"""What the first stage leaves for the second, a file a task: documents that passed, and those that
did not with their reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from datatrove.data import Document
from datatrove.pipeline.writers.parquet import ParquetWriter

from archive.corpus.filters.length import words
from archive.identity import text_digest

KEPT = pa.schema(
    [
        pa.field("article_id", pa.int64(), nullable=False),
        *(
            pa.field(name, pa.string(), nullable=False)
            for name in ("id", "text", "digest", "url", "site", "first_seen_at", "language")
        ),
        *(
            pa.field(name, pa.string())
            for name in ("headline", "published_at", "section", "agency", "opted_out")
        ),
        pa.field("cluster_id", pa.int64()),
        pa.field("language_score", pa.float64()),
        *(
            pa.field(name, pa.int64(), nullable=False)
            for name in (
                "revision",
                "word_count",
                "length",
                "masked_email",
                "masked_phone",
                "masked_nik",
            )
        ),
    ]
)
"""A document that passed every filter; `digest` is SHA-256 of its normalised text, `length` its
characters.
"""

DROPPED = pa.schema(
    [
        pa.field("article_id", pa.int64(), nullable=False),
        *(pa.field(name, pa.string(), nullable=False) for name in ("id", "reason", "site", "url")),
        pa.field("published_at", pa.string()),
        pa.field("revision", pa.int64(), nullable=False),
        pa.field("stands_for_it", pa.string()),
    ]
)
"""A document that did not; `stands_for_it` is the id of a duplicate's representative."""

BATCH = 500


def kept_writer(work: Path) -> ParquetWriter:
    """Datatrove's writer for the documents that passed."""
    return _writer(work / "kept", KEPT, _kept)


def dropped_writer(work: Path, name: str) -> ParquetWriter:
    """Datatrove's exclusion writer for the filter of that name."""
    return _writer(work / "dropped" / name, DROPPED, _dropped)


def _writer(folder: Path, schema: pa.Schema, adapter: Any) -> ParquetWriter:
    # Without content-defined chunks, amid which Arrow (26) ends the process where the disk is full.
    return ParquetWriter(
        str(folder),
        "${rank}.parquet",
        compression="zstd",
        adapter=adapter,
        batch_size=BATCH,
        max_file_size=-1,
        schema=schema,
        use_content_defined_chunking=False,
        write_page_index=False,
    )


def _kept(_writer: ParquetWriter, document: Document) -> dict[str, Any]:
    found = {"masked_email": 0, "masked_phone": 0, "masked_nik": 0, **document.metadata}
    found |= {
        "id": document.id,
        "text": document.text,
        "digest": text_digest([document.text]),
        "word_count": len(words(document.text)),
    }
    found["length"] = len(document.text)
    found.setdefault("language", found["page_language"])
    return {name: found.get(name) for name in KEPT.names}


def _dropped(_writer: ParquetWriter, document: Document) -> dict[str, Any]:
    found = {**document.metadata, "id": document.id, "reason": document.metadata["filter_reason"]}
    return {name: _writable(found.get(name)) for name in DROPPED.names}


def _writable(value: Any) -> Any:
    """What is dropped for its broken text still has to be named."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def kept_rows(work: Path, task: int, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """The documents of a task that passed, in the order of their article numbers."""
    path = work / "kept" / f"{task:05d}.parquet"
    if not path.exists():
        return
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=BATCH, columns=columns):
            yield from batch.to_pylist()


def dropped_rows(work: Path, task: int) -> list[dict[str, Any]]:
    """The documents of a task that did not pass, of all filters."""
    return [
        row
        for path in sorted((work / "dropped").glob(f"*/{task:05d}.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]
