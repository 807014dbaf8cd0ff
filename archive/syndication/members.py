"""What an article is in a cluster, and what decides its place there. Pure rules, no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from archive.syndication.comparison import Measure, relation_of

_NEVER = datetime.max.replace(tzinfo=UTC)

WHOLE = Measure(similarity=1.0, containment=1.0, of_other=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An article as a member of a cluster: what decides its place there."""

    article_id: int
    site: str
    url: str
    published_at: datetime | None
    first_seen_at: str
    text_id: int
    length: int
    """Characters of its text where it has no time, else 0."""

    @property
    def order(self) -> tuple[bool, datetime, int, str, str]:
        """First published, else the longest, then first seen; the address decides where nothing
        else does.
        """
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
    """`copy`, `edited` or `excerpt` of the first; `repeat` where its own newsroom had run the story
    before; None for the first.
    """
    similarity: float
    """Jaccard of the words, beside the first."""
    containment: float
    """Share of its words that stand in the first."""
    of_first: float
    """Share of the first's words that stand in it."""
    is_first: bool


def member_of(
    candidate: Candidate, first: Candidate, found: Measure, cluster_id: int, *, repeat: bool
) -> Member:
    """The row of an article beside the first one of its cluster; `repeat`: its own newsroom had run
    the story before.
    """
    return Member(
        article_id=candidate.article_id,
        cluster_id=cluster_id,
        similarity=found.similarity,
        containment=found.containment,
        relation=None if candidate is first else "repeat" if repeat else relation_of(found),
        of_first=found.of_other,
        is_first=candidate is first,
    )


def measured(before: Mapping[int, Mapping[str, Any]], first: int) -> dict[int, Measure]:
    """What is known already: the measures of those whose cluster has the same first article."""
    if first not in before or not before[first]["is_first"]:
        return {}
    return {
        number: Measure(
            similarity=row["similarity"], containment=row["containment"], of_other=row["of_first"]
        )
        for number, row in before.items()
        if row["cluster_id"] == before[first]["cluster_id"]
    }
