"""Rebuild of all clusters from the texts, on all cores; the result equals the incremental one."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from sqlite_utils.utils import chunks

from archive.archive import Archive
from archive.database.clock import Clock
from archive.database.connection import connect, read_transaction
from archive.database.parallel import readers
from archive.database.rows import column, value
from archive.syndication.clusters import MAX_VAIN, Clusters, Member
from archive.syndication.signatures import Signature, words
from archive.syndication.texts import digest_of

BATCH = 200
"""Articles per task, and per transaction."""
MIN_TEXTS = 1_000
"""Fewer are read faster than processes are started."""

Advance = Callable[[int], None]
Map = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]
Composed = list[tuple[list[int], list[Member]]]
"""Clusters, as (article ids, members)."""


def rebuild(archive: Archive, *, now: datetime, jobs: int, advance: Advance) -> int:
    """Read every text again, find every link, write what differs from the present clusters, and
    return the number of changed rows.

    Uses small transactions beside crawls and readers; if it is killed, every cluster is whole, old
    or new, and it may be run again. `advance` is called for each article three times: read,
    compared, placed.
    """
    began = _newest(archive.db)
    articles = value(archive.db, "SELECT count(*) FROM articles WHERE revision > 0")
    with archive.transaction(now):
        archive.clusters.texts.forget_other_algorithms()
    with _mapping(archive.path, jobs if articles >= MIN_TEXTS else 1) as mapped:
        for read in mapped(_read, _ranges(archive.db)):
            _assign(archive, read, now=now)
            advance(len(read))
        groups: dict[int, int] = {}
        for links in mapped(_links, _ranges(archive.db)):
            for one, other in links:
                groups[_root(groups, one)] = _root(groups, other)
            advance(BATCH)
        composed = mapped(_compose, _clusters(groups))
        changed = _write(archive, composed, now=now, advance=advance)
    _place_arrivals(archive, began, now=now)
    return changed


@contextmanager
def _mapping(path: Path, jobs: int) -> Iterator[Map]:
    """Return a `map` over other processes, or in this one for a single job."""
    if jobs > 1:
        with readers(jobs, _open, path) as others:
            yield others.map
        return
    _open(path)
    try:
        yield map
    finally:
        _close()


_here: dict[str, Clusters] = {}
_local: dict[int, int] = {}
"""Links that this process has found: two articles already in one group need not be compared."""


def _open(path: Path) -> None:
    _close()
    db = connect(path, read_only=True)
    _here["clusters"] = Clusters(db, Clock(db))
    _local.clear()


def _close() -> None:
    if "clusters" in _here:
        _here.pop("clusters").db.close()


def _ranges(db: Database) -> list[tuple[int, int]]:
    """Return (first, last) article ids, a batch each."""
    last = value(db, "SELECT max(id) FROM articles") or 0
    return [(start, min(start + BATCH - 1, last)) for start in range(1, last + 1, BATCH)]


def _read(numbers: tuple[int, int]) -> list[tuple[int, int, str, bytes]]:
    """Return (article id, revision, digest, packed signature) of the articles of a range."""
    found = _here["clusters"].bodies(*numbers)
    return [
        (number, revision, digest_of(body), Signature.of(words(body)).packed())
        for number, revision, body in found
    ]


def _assign(archive: Archive, read: list[tuple[int, int, str, bytes]], *, now: datetime) -> None:
    """Write the texts that differ, except those that were changed or taken down meanwhile."""
    texts = archive.clusters.texts
    with archive.transaction(now):
        for number, revision, digest, packed in read:
            newest = value(archive.db, "SELECT revision FROM articles WHERE id = ?", number)
            if newest == revision and not texts.has(number, digest, packed):
                texts.drop(number)
                texts.put_read(number, digest, Signature.unpacked(packed))


def _links(numbers: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the links of the articles of a range with articles of lower ids."""
    return links(_here["clusters"], numbers, _local)


def links(
    clusters: Clusters, numbers: tuple[int, int], known: dict[int, int]
) -> list[tuple[int, int]]:
    """Return the links of the articles of a range with articles of lower ids; `known`, to which
    they are added, are those that need not be found again.
    """
    found: list[tuple[int, int]] = []
    with read_transaction(clusters.db):
        for number, others in clusters.linked(*numbers):
            in_vain = 0
            for other, is_linked in others:
                if in_vain >= MAX_VAIN or _root(known, number) == _root(known, other):
                    continue
                if is_linked():
                    known[_root(known, number)] = _root(known, other)
                    found.append((number, other))
                else:
                    in_vain += 1
    return found


def _root(groups: dict[int, int], number: int) -> int:
    """Return the representative of the number's group (union-find with path halving)."""
    while (parent := groups.get(number, number)) != number:
        groups[number] = groups.get(parent, parent)
        number = parent
    return number


def _clusters(groups: dict[int, int]) -> Iterator[list[list[int]]]:
    """Yield the articles of each cluster, in batches of clusters."""
    found: dict[int, list[int]] = {}
    for number in sorted(groups):
        found.setdefault(_root(groups, number), []).append(number)
    for root, numbers in found.items():
        if root not in numbers:
            numbers.append(root)
    yield from (list(some) for some in chunks(found.values(), BATCH // 4))


def _compose(clusters: list[list[int]]) -> Composed:
    with read_transaction(_here["clusters"].db):
        return [(articles, _here["clusters"].composed(articles)) for articles in clusters]


def _write(
    archive: Archive, composed: Iterator[Composed], *, now: datetime, advance: Advance
) -> int:
    """Write the members, remove those in no cluster any more, and count the changed rows."""
    changed = 0
    kept: set[int] = set()
    for clusters in composed:
        with archive.transaction(now):
            changed += sum(
                archive.clusters.replace(articles, members) for articles, members in clusters
            )
        kept.update(number for articles, _members in clusters for number in articles)
        advance(sum(len(articles) for articles, _members in clusters))
    with archive.transaction(now):
        for number in set(column(archive.db, "SELECT article_id FROM members")) - kept:
            changed += archive.clusters.write(number, None)
    return changed


def _newest(db: Database) -> tuple[int, str]:
    """Return the newest revision's id and the archive's clock: later ones exceed one of both."""
    found: tuple[int, str] = db.conn.execute(
        "SELECT coalesce((SELECT max(id) FROM revisions), 0), (SELECT latest FROM clock)"
    ).fetchone()
    return found


def _place_arrivals(archive: Archive, began: tuple[int, str], *, now: datetime) -> None:
    """Compare what a crawl wrote meanwhile with the others once more."""
    arrived = """SELECT article_id FROM revisions WHERE id > ?
        UNION SELECT article_id FROM revisions WHERE observed_at > ?"""
    for number in column(archive.db, arrived, *began):
        with archive.transaction(now):
            for _number, _revision, body in archive.clusters.bodies(number, number):
                archive.clusters.place(number, body)
