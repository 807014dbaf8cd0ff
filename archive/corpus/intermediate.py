"""What the first stage writes for the second, one file per task: kept and dropped documents."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from datatrove.data import Document
from datatrove.pipeline.writers.parquet import ParquetWriter

from archive.identity import text_digest


def _fields(names: str, kind: pa.DataType, *, nullable: bool = False) -> list[pa.Field]:
    return [pa.field(name, kind, nullable=nullable) for name in names.split()]


KEPT = pa.schema(
    [
        *_fields("article_id", pa.int64()),
        *_fields("id text digest url site first_seen_at language extractor", pa.string()),
        *_fields("headline published_at section agency opted_out", pa.string(), nullable=True),
        *_fields("fetched_at snapshot_digest", pa.string(), nullable=True),
        *_fields("authors", pa.list_(pa.string())),
        *_fields("cluster_id", pa.int64(), nullable=True),
        *_fields("language_score", pa.float64(), nullable=True),
        *_fields("quality", pa.float64()),
        *_fields("minhash", pa.list_(pa.uint32())),
        *_fields("revision word_count token_count length", pa.int64()),
        *_fields("masked_email masked_phone masked_nik likelier_malay", pa.int64()),
    ]
)
"""A document that passed every filter; `digest` is the SHA-256 of its normalised text, `length` its
number of characters.
"""

DROPPED = pa.schema(
    [
        *_fields("article_id", pa.int64()),
        *_fields("id reason site url", pa.string()),
        *_fields("published_at fetched_at snapshot_digest extractor", pa.string(), nullable=True),
        *_fields("revision", pa.int64()),
        *_fields("stands_for_it contaminated_by", pa.string(), nullable=True),
        *_fields("contaminated_row", pa.int64(), nullable=True),
        *_fields("contaminated_ngram", pa.string(), nullable=True),
    ]
)
"""A document that did not pass; `stands_for_it` is the id of a duplicate's representative, and
`contaminated_by` the file in whose row it shares the n-gram.
"""

BATCH = 500


def kept_writer(work: Path) -> ParquetWriter:
    """Return datatrove's writer for the documents that pass."""
    return parquet_writer(work / "kept", KEPT, _kept)


def dropped_writer(work: Path, name: str) -> ParquetWriter:
    """Return datatrove's exclusion writer for the filter of that name."""
    return parquet_writer(work / "dropped" / name, DROPPED, _dropped)


def parquet_writer(folder: Path, schema: pa.Schema, adapter: Any) -> ParquetWriter:
    """Return datatrove's writer of one Parquet file a task."""
    # No content-defined chunks: while writing them, Arrow (26) aborts the process on a full disk.
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
    found = {
        **dict.fromkeys("masked_email masked_phone masked_nik likelier_malay".split(), 0),
        "language": document.metadata["page_language"],
        **document.metadata,
        "id": document.id,
        "text": document.text,
        "digest": text_digest([document.text]),
        "length": len(document.text),
    }
    return {name: found.get(name) for name in KEPT.names}


def _dropped(_writer: ParquetWriter, document: Document) -> dict[str, Any]:
    found = {**document.metadata, "id": document.id, "reason": document.metadata["filter_reason"]}
    return {name: _writable(found.get(name)) for name in DROPPED.names}


def _writable(value: Any) -> Any:
    """Replace lone surrogates: a document dropped for a broken text is listed all the same."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def kept_rows(work: Path, task: int, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the documents of a task that passed, in the order of their article ids."""
    path = work / "kept" / f"{task:05d}.parquet"
    if not path.exists():
        return
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=BATCH, columns=columns):
            yield from batch.to_pylist()


def dropped_rows(work: Path, task: int) -> list[dict[str, Any]]:
    """Return the documents of a task that did not pass, of all filters."""
    return [
        row
        for path in sorted((work / "dropped").glob(f"*/{task:05d}.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]
