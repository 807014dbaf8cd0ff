"""Duplicates: one document represents each set, and no split divides a set."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from archive.corpus.recipe import Dedup
from archive.database.clock import parsed
from archive.syndication.clusters import Candidate

COLUMNS = "article_id id site url published_at first_seen_at cluster_id digest length".split()
"""Columns of a document that decide."""

Row = Mapping[str, Any]
Read = Callable[[], Iterable[Row]]
"""Returns all documents with COLUMNS, in the order of their article ids; called several times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateSet:
    """Documents linked by clusters and equal texts, or a single document."""

    split_key: str
    """The id whose hash decides the split: that of the article with the set's number."""
    day: str | None
    """ISO 8601: first day of publication, in the publisher's time zone; None without a time."""


class DuplicateSets:
    """The duplicate sets of all documents that passed, and their representatives.

    A set's number is that of its first cluster, which is the least article id in it, or the id of
    its only article. Memory: about 250 bytes per document, twice that for one that shares its set.
    """

    def __init__(self, read: Read, *, dedup: Dedup, split_keys: Mapping[int, str]) -> None:
        """`split_keys`: number of a set -> its split key, if not the id of that article."""
        self.representatives: dict[int, tuple[str, str]] = {}
        """Excluded article -> (reason, id of its representative)."""
        self._parents: dict[int, int] = {}
        self._split_keys = dict(split_keys)
        self._days: dict[int, str | None] = {}
        sizes = self._join_equal_texts(read())
        self._shared = {number for number, size in sizes.items() if size > 1}
        self._read_shared(read())
        if dedup != "none":
            self._choose(read, unit=_text if dedup == "exact" else self._number)

    def set_of(self, row: Row) -> DuplicateSet:
        """Return the set of one of the documents."""
        number = self._number(row)
        if number not in self._shared:
            key = self._split_keys.get(number, str(row["id"]))
            return DuplicateSet(split_key=key, day=_day(row))
        key = self._split_keys.get(number, f"{number}")
        return DuplicateSet(split_key=key, day=self._days[number])

    def _number(self, row: Row) -> int:
        return self._root(_own(row))

    def _root(self, number: int) -> int:
        while (parent := self._parents.get(number, number)) != number:
            number = parent
        return number

    def _join_equal_texts(self, rows: Iterable[Row]) -> Counter[int]:
        """Join clusters and articles with equal texts under the least number; return the sizes."""
        holders: dict[int, int] = {}
        counts: Counter[int] = Counter()
        for row in rows:
            own = _own(row)
            counts[own] += 1
            holder = holders.setdefault(_text(row), own)
            first, other = sorted((self._root(holder), self._root(own)))
            if first != other:
                self._parents[other] = first
        sizes: Counter[int] = Counter()
        for number, count in counts.items():
            sizes[self._root(number)] += count
        return sizes

    def _read_shared(self, rows: Iterable[Row]) -> None:
        """Find the first day of each set of several, and the split keys that no cluster decides."""
        for row in self._sharing(rows):
            number = self._number(row)
            known = self._days.get(number)
            self._days[number] = min(filter(None, (known, _day(row))), default=None)
            if row["article_id"] == number:
                self._split_keys.setdefault(number, row["id"])

    def _choose(self, read: Read, *, unit: Callable[[Row], int]) -> None:
        """Let the first document of each unit represent the others."""
        firsts: dict[int, tuple[Any, Row]] = {}
        for row in self._sharing(read()):
            mine = (_order(row), row)
            if unit(row) not in firsts or mine[0] < firsts[unit(row)][0]:
                firsts[unit(row)] = mine
        for row in self._sharing(read()):
            first = firsts[unit(row)][1]
            if first["article_id"] != row["article_id"]:
                reason = "exact_duplicate" if first["digest"] == row["digest"] else "duplicate"
                self.representatives[row["article_id"]] = (reason, first["id"])

    def _sharing(self, rows: Iterable[Row]) -> Iterable[Row]:
        return (row for row in rows if self._number(row) in self._shared)


def _own(row: Row) -> int:
    return int(row["cluster_id"] or row["article_id"])


def _text(row: Row) -> int:
    """Return 64 bits of the digest: ten million texts collide in one of 400,000 corpora."""
    return int(row["digest"][:16], 16)


def _day(row: Row) -> str | None:
    return (row["published_at"] or "")[:10] or None


def _order(row: Row) -> tuple[Any, ...]:
    """Return the order of the archive's clusters, so that their representatives are kept."""
    published_at = parsed(row["published_at"])
    return Candidate(
        article_id=row["article_id"],
        site=row["site"],
        url=row["url"],
        published_at=published_at,
        first_seen_at=row["first_seen_at"],
        text_id=0,
        length=0 if published_at else row["length"],
    ).order
