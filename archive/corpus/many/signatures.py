"""MinHash signatures in the files of datatrove's blocks, by rensa and the archive's shingles."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from datatrove.data import Document, DocumentsPipeline
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.writers.parquet import ParquetWriter
from datatrove.utils.hashing import HashConfig
from numpy.typing import NDArray

from archive.corpus.intermediate import parquet_writer
from archive.syndication.signatures import HEAD_BANDS, ROWS, WHOLE_BANDS, Signature, words
from archive.syndication.texts import digest_of

BUCKETS = WHOLE_BANDS + HEAD_BANDS
CONFIG = MinhashConfig(
    num_buckets=BUCKETS,
    hashes_per_bucket=ROWS,
    hash_config=HashConfig(precision=32, hash_fc="sha1"),
)
"""Of datatrove's blocks: a bucket for each band of the archive's signatures."""

LANGUAGE = "ind"
"""Of a tokenizer that datatrove's block makes, and ours never calls."""

TEXTS = pa.schema([("article_id", pa.int64()), ("digest", pa.string()), ("signature", pa.binary())])
"""What is noted of each text, in the order of its task's documents."""


class RensaSignature(MinhashDedupSignature):
    """datatrove's first MinHash block with the signatures of `archive.syndication`.

    It writes the files of `MinhashDedupSignature`, so that the blocks after it take `CONFIG` and
    are unchanged. A text of fewer than 20 words gets no signature.
    """

    name = "MinHash stage 1, by rensa"

    def __init__(self, output_folder: str, texts: ParquetWriter | None = None) -> None:
        """`texts`: also note the digest and the signature of each text there."""
        super().__init__(output_folder, config=CONFIG, language=LANGUAGE)
        self.texts = texts
        self._last = Signature(whole=(), head=())

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> None:
        """Called by datatrove."""
        if self.texts is None:
            super().run(data, rank, world_size)
            return
        with self.texts:
            super().run(self._noted(data, rank), rank, world_size)

    def get_shingles(self, text: str) -> NDArray[np.uint64]:
        """Return the places of a text's signature, which take the place of its shingles."""
        self._last = Signature.of(words(text))
        return np.array([*self._last.whole, *self._last.head], dtype=np.uint64)

    def get_signature(self, shingles: NDArray[np.uint64]) -> list[list[int]]:
        """Return them by bucket."""
        found: list[list[int]] = shingles.reshape(BUCKETS, ROWS).tolist()
        return found

    def _noted(self, data: DocumentsPipeline, rank: int) -> Iterator[Document]:
        assert self.texts is not None
        for document in data:
            yield document
            document.metadata |= {"signature": self._last.packed()}
            self.texts.write(document, rank)


def texts_writer(folder: Path) -> ParquetWriter:
    """Return the writer of what is noted of each text."""
    return parquet_writer(folder, TEXTS, _noted)


def _noted(_writer: ParquetWriter, document: Document) -> dict[str, Any]:
    return {
        "article_id": int(document.id),
        "digest": digest_of(document.text),
        "signature": document.metadata["signature"],
    }
