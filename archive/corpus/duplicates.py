"""Documents that belong together, by cluster or by equal text: one of them stands for all, and no
split divides them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive.corpus.recipe import Dedup
from archive.syndication.members import Candidate

COLUMNS = [
    "article_id",
    "id",
    "site",
    "url",
    "published_at",
    "first_seen_at",
    "cluster_id",
    "digest",
    "length",
]
"""What of a document decides."""

Row = Mapping[str, Any]
Read = Callable[[], Iterable[Row]]
"""Gives all documents with COLUMNS, in the order of their article numbers; called more than once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateSet:
    """Documents of one cluster or with one text, or a document alone."""

    anchor: str
    """The id that its split is decided by: that of the article by which its first one's first
    cluster went.
    """
    day: str | None
    """ISO 8601: when the first of its documents was published, by its newsroom's clock; None where
    none has a time.
    """


class DuplicateSets:
    """The groups of all documents that passed, and who stands for whom.

    A group goes by an article number: the cluster's, which is the least of its articles, or the
    article's own. Memory: about 250 bytes a document, whatever its length, and as much again for
    one that shares its group.
    """

    def __init__(self, read: Read, *, dedup: Dedup, anchors: Mapping[int, str]) -> None:
        """`anchors`: number of a group -> the id that its split is decided by, where that is not
        the id of the article of that number.
        """
        self.stands_for: dict[int, tuple[str, str]] = {}
        """Article left out as a duplicate -> (reason, id of the one that stands for it)."""
        self._parents: dict[int, int] = {}
        self._anchors = dict(anchors)
        self._days: dict[int, str | None] = {}
        sizes = self._join_equal_texts(read())
        self._shared = {number for number, size in sizes.items() if size > 1}
        self._read_shared(read())
        if dedup != "none":
            self._choose(read, unit=_text if dedup == "exact" else self._number)

    def group(self, row: Row) -> DuplicateSet:
        """The group of one of the documents."""
        number = self._number(row)
        if number not in self._shared:
            return DuplicateSet(anchor=self._anchors.get(number, str(row["id"])), day=_day(row))
        return DuplicateSet(anchor=self._anchors.get(number, f"{number}"), day=self._days[number])

    def _number(self, row: Row) -> int:
        return self._root(_own(row))

    def _root(self, number: int) -> int:
        while (parent := self._parents.get(number, number)) != number:
            number = parent
        return number

    def _join_equal_texts(self, rows: Iterable[Row]) -> Counter[int]:
        """Clusters and articles with an equal text become one group, which goes by its least
        number; how many documents each has.
        """
        holders: dict[int, int] = {}
        counts: Counter[int] = Counter()
        for row in rows:
            own = _own(row)
            counts[own] += 1
            first, other = sorted(
                (self._root(holders.setdefault(_text(row), own)), self._root(own))
            )
            if first != other:
                self._parents[other] = first
        sizes: Counter[int] = Counter()
        for number, count in counts.items():
            sizes[self._root(number)] += count
        return sizes

    def _read_shared(self, rows: Iterable[Row]) -> None:
        """The first day of each group of several, and the anchor of those that no cluster names."""
        for row in rows:
            number = self._number(row)
            if number in self._shared:
                known = self._days.setdefault(number, _day(row))
                self._days[number] = min(filter(None, (known, _day(row))), default=None)
                if row["article_id"] == number:
                    self._anchors.setdefault(number, row["id"])

    def _choose(self, read: Read, *, unit: Callable[[Row], int]) -> None:
        """The document that came first stands for those of its unit."""
        firsts: dict[int, tuple[Any, Row]] = {}
        for row in self._sharing(read()):
            mine = (_order(row), row)
            if unit(row) not in firsts or mine[0] < firsts[unit(row)][0]:
                firsts[unit(row)] = mine
        for row in self._sharing(read()):
            first = firsts[unit(row)][1]
            if first["article_id"] != row["article_id"]:
                reason = "exact_duplicate" if first["digest"] == row["digest"] else "duplicate"
                self.stands_for[row["article_id"]] = (reason, first["id"])

    def _sharing(self, rows: Iterable[Row]) -> Iterable[Row]:
        return (row for row in rows if self._number(row) in self._shared)


def _own(row: Row) -> int:
    return int(row["article_id"] if row["cluster_id"] is None else row["cluster_id"])


def _text(row: Row) -> int:
    """64 bits of the digest: two of ten million texts meet by chance once in 400,000 corpora."""
    return int(row["digest"][:16], 16)


def _day(row: Row) -> str | None:
    return str(row["published_at"])[:10] if row["published_at"] else None


def _order(row: Row) -> tuple[Any, ...]:
    """The order of the archive's clusters, so that their own first article comes first where it is
    there.
    """
    published_at = datetime.fromisoformat(row["published_at"]) if row["published_at"] else None
    return Candidate(
        article_id=row["article_id"],
        site=row["site"],
        url=row["url"],
        published_at=published_at,
        first_seen_at=row["first_seen_at"],
        text_id=0,
        length=0 if published_at else row["length"],
    ).order
