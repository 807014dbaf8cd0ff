"""Parquet: typed columns, times in UTC, lists as lists."""

from collections.abc import Iterator, Sequence
from typing import IO

from archive.errors import PackageMissing
from archive.export.formats import Batch
from archive.frames import arrow_schema, record_batch


def write_parquet(out: IO[bytes], names: Sequence[str], batches: Iterator[Batch]) -> int:
    """Write Parquet, a row group for each batch; raises PackageMissing without pyarrow."""
    try:
        from pyarrow.parquet import ParquetWriter
    except ModuleNotFoundError as error:
        raise PackageMissing(
            f".parquet needs {error.name}, which is missing: pip install 'warta[export]'"
        ) from error
    schema = arrow_schema(names)
    with ParquetWriter(out, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(record_batch(batch, schema))
    return 0
