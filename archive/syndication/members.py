"""Articles as members of a cluster: their order and their relation to the first. Pure, no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from archive.syndication.comparison import Overlap

_NEVER = datetime.max.replace(tzinfo=UTC)

WHOLE = Overlap(similarity=1.0, containment=1.0, of_other=1.0)
"""Overlap of equal texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An article as a possible member of a cluster."""

    article_id: int
    site: str
    url: str
    published_at: datetime | None
    """Aware; None if the page does not say."""
    first_seen_at: str
    """ISO 8601, UTC."""
    text_id: int
    length: int
    """Characters of the text of an article without a time of publication, else 0."""

    @property
    def order(self) -> tuple[bool, datetime, int, str, str]:
        """Sort key: first published, else the longest, then first seen, then by URL."""
        return (
            self.published_at is None,
            self.published_at or _NEVER,
            -self.length,
            self.first_seen_at,
            self.url,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A row of `members`."""

    article_id: int
    cluster_id: int
    relation: str | None
    """`copy`, `edited` or `excerpt` of the first; `repeat` of its own publisher; None: first."""
    similarity: float
    """Jaccard similarity to the first."""
    containment: float
    """Share of its shingles found in the first."""
    of_first: float
    """Share of the first's shingles found in it."""
    is_first: bool


def member_of(
    candidate: Candidate, first: Candidate, shared: Overlap, cluster_id: int, *, repeat: bool
) -> Member:
    """Return the row of an article; `repeat`: its publisher had run the story before.

    A third text may have brought it together with the first: it is `edited` even if they share
    little.
    """
    relation = "repeat" if repeat else shared.relation or "edited"
    return Member(
        article_id=candidate.article_id,
        cluster_id=cluster_id,
        similarity=shared.similarity,
        containment=shared.containment,
        relation=None if candidate is first else relation,
        of_first=shared.of_other,
        is_first=candidate is first,
    )


def known_overlaps(rows: Mapping[int, Mapping[str, Any]], first: int) -> dict[int, Overlap]:
    """Return the overlaps with the first article that the present rows hold, by article."""
    if first not in rows or not rows[first]["is_first"]:
        return {}
    return {
        number: Overlap(
            similarity=row["similarity"], containment=row["containment"], of_other=row["of_first"]
        )
        for number, row in rows.items()
        if row["cluster_id"] == rows[first]["cluster_id"]
    }
