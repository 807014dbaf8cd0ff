"""What decides a corpus: the same archive, moment and recipe give the same bytes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from archive.corpus.filters.thresholds.thresholds import Thresholds

Dedup = Literal["cluster", "exact", "none"]
OptedOut = Literal["drop", "keep"]
Format = Literal["parquet", "jsonl"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that a corpus is made by, but for the number of processes, the machine and the
    day.
    """

    archive: Path
    as_of: datetime
    """Aware, UTC: what the archive said then is what is read."""
    since: date | None = None
    """First day of publication, by the newsroom's own clock."""
    until: date | None = None
    """Last day of publication."""
    sites: tuple[str, ...] = ()
    """Only these; all without it."""
    dedup: Dedup = "cluster"
    opted_out: OptedOut = "drop"
    thresholds: Thresholds
    splits: tuple[tuple[str, Decimal], ...]
    """Names with their shares, which add up to 1."""
    test_after: date | None = None
    """From this day of publication on everything is `test`, by the newsroom's own clock."""
    format: Format = "parquet"

    def as_dict(self) -> dict[str, Any]:
        """For `manifest.json`: what it is made by, not where the archive lies."""
        return {
            "as_of": self.as_of.isoformat(),
            "since": _day(self.since),
            "until": _day(self.until),
            "sites": list(self.sites),
            "dedup": self.dedup,
            "opted_out": self.opted_out,
            "splits": {name: str(share) for name, share in self.splits},
            "test_after": _day(self.test_after),
            "format": self.format,
            "filters": self.thresholds.as_dict(),
        }

    def digest(self, *more: Any) -> str:
        """SHA-256 of the recipe and what else decides the bytes (the archive's digest, versions):
        what an unfinished build goes by.
        """
        text = json.dumps([self.as_dict(), *more], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _day(value: date | None) -> str | None:
    return value.isoformat() if value is not None else None
