"""What became of a story in a finished corpus: where it stands, or why it does not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pyarrow.lib import ArrowInvalid

from archive.corpus.filters.reasons import REASONS
from archive.errors import CorpusError
from archive.identity import canonical_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Of one story."""

    id: str
    url: str | None
    file: str
    """The data file that holds it, or `dropped.parquet`."""
    reason: str | None = None
    """None for a story that is in the corpus."""
    stands_for_it: str | None = None
    """Id of the document that is there in its place."""

    @property
    def sentence(self) -> str:
        """In plain words."""
        if self.reason is None:
            return f"in the corpus, in {self.file}"
        instead = f": {self.stands_for_it}" if self.stands_for_it else ""
        return f"left out: {REASONS.get(self.reason, self.reason)}{instead} ({self.reason})"


def find_outcome(corpus: Path, reference: str) -> Outcome:
    """What became of the story with that id or address; raises CorpusError where the corpus does
    not know it.
    """
    if not (corpus / "manifest.json").is_file():
        raise CorpusError(f"{corpus}: it is no corpus of warta (it has no manifest.json)")
    names = {reference}
    with suppress(ValueError):  # an id
        names.add(canonical_url(reference))
    for name, row in _rows(corpus):
        if row["id"] == reference or row["url"] in names:
            return Outcome(
                id=row["id"],
                url=row["url"],
                file=name,
                reason=row.get("reason"),
                stands_for_it=row.get("stands_for_it"),
            )
    raise CorpusError(
        f"{reference}: no story of {corpus} goes by that id or address: it was not among the articles asked for"
    )


def _rows(corpus: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names and identities of all stories, the left out ones first; raises CorpusError for a file
    that is not there, or broken.
    """
    try:
        yield from _read_rows(corpus)
    except (OSError, ArrowInvalid, ValueError) as error:
        raise CorpusError(
            f"{corpus}: it cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from error


def _read_rows(corpus: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in (corpus / "dropped.parquet", *sorted((corpus / "data").iterdir())):
        name = path.relative_to(corpus).as_posix()
        if path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                yield from ((name, json.loads(line)) for line in lines)
            continue
        with pq.ParquetFile(path) as file:
            known = [
                column
                for column in ("id", "url", "reason", "stands_for_it")
                if column in file.schema_arrow.names
            ]
            for batch in file.iter_batches(columns=known):
                yield from ((name, row) for row in batch.to_pylist())
