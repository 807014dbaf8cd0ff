"""What decides a corpus: the same archive, time and recipe produce the same bytes."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from archive.corpus.filters.exclusions import OptedOut
from archive.corpus.filters.references import ReferenceFile
from archive.corpus.filters.thresholds.tables import Thresholds
from archive.corpus.tokenizers import SPACY, Tokenizer

Dedup = Literal["cluster", "exact", "none"]
Format = Literal["parquet", "jsonl"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides the bytes of a corpus, but not how or when it is built."""

    archive: Path
    """The archive's file, absolute."""
    archives: tuple[str, ...] = ()
    """Of a corpus of many archives their digests, sorted; `archive` is their catalogue then."""
    as_of: datetime
    """Aware, UTC: the time whose state of the archive is read."""
    since: date | None = None
    """First day of publication, in the publisher's own time zone; None is no limit."""
    until: date | None = None
    """Last day of publication, likewise."""
    sites: tuple[str, ...] = ()
    """Only these sites; all when empty."""
    dedup: Dedup = "cluster"
    """Of which duplicates one remains: those of a cluster, those with equal text, or no removal."""
    opted_out: OptedOut = "drop"
    """What to do with articles whose site opts out of text and data mining."""
    thresholds: Thresholds
    """Of the filters."""
    splits: tuple[tuple[str, Decimal], ...]
    """Names with their shares, which add up to 1."""
    test_after: date | None = None
    """First day of publication of the split `test`, in the publisher's time zone; None: by hash."""
    format: Format = "parquet"
    """Of the data files."""
    tokenizer: Tokenizer = SPACY
    """Of the column `token_count`."""
    references: tuple[ReferenceFile, ...] = ()
    """Files whose texts must not be in the corpus, by name."""

    def as_dict(self) -> dict[str, Any]:
        """Return the recipe for `manifest.json`, without the path of the archive."""
        return ({"archives": list(self.archives)} if self.archives else {}) | {
            "as_of": self.as_of.isoformat(),
            "since": _iso(self.since),
            "until": _iso(self.until),
            "sites": list(self.sites),
            "dedup": self.dedup,
            "opted_out": self.opted_out,
            "splits": {name: str(share) for name, share in self.splits},
            "test_after": _iso(self.test_after),
            "format": self.format,
            "tokenizer": self.tokenizer.as_dict(),
            "decontaminate": [
                {"file": file.name, "sha256": file.sha256} for file in self.references
            ],
            "filters": self.thresholds.as_dict(),
        }

    def digest(self, *more: Any) -> str:
        """Return the SHA-256 of the recipe and of whatever else decides the bytes."""
        text = json.dumps([self.as_dict(), *more], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
