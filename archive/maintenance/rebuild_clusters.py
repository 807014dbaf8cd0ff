"""All clusters anew from the texts, on all cores. The answer is the one that was kept up to date
text by text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from sqlite_utils.utils import chunks

from archive.archive import Archive
from archive.database.clock import Clock
from archive.database.connection import connect
from archive.database.parallel import readers
from archive.syndication.clusters import MAX_VAIN, Clusters
from archive.syndication.members import Member
from archive.syndication.shingles import words
from archive.syndication.signatures import Signature
from archive.syndication.texts import digest_of

BATCH = 200
"""Articles of one task, and of one transaction."""
MIN_TEXTS = 1_000
"""Fewer are read faster than processes are started."""

Advance = Callable[[int], None]


def rebuild(archive: Archive, *, now: datetime, jobs: int, advance: Advance) -> int:
    """Read every text again, look for every link, and write what differs from the present clusters;
    how many rows that were.

    In small transactions, beside crawls and readers; killed, it leaves every cluster whole, old or
    new, and may be run again. `advance` is told of every article three times: read, compared,
    placed.
    """
    began = _newest(archive.db)
    (articles,) = archive.db.conn.execute(
        "SELECT count(*) FROM articles WHERE revision > 0"
    ).fetchone()
    with archive.transaction(now):
        archive.clusters.texts.forget_other_algorithms()
    with _asking(archive.path, jobs if articles >= MIN_TEXTS else 1) as ask:
        for read in ask(_read, _ranges(archive.db)):
            _assign(archive, read, now=now)
            advance(len(read))
        groups: dict[int, int] = {}
        for links in ask(_links, _ranges(archive.db)):
            for one, other in links:
                groups[_root(groups, one)] = _root(groups, other)
            advance(BATCH)
        changed = _write(
            archive, ask(_compose, _clusters(archive.db, groups)), now=now, advance=advance
        )
    _place_what_came(archive, began, now=now)
    return changed


@contextmanager
def _asking(
    path: Path, jobs: int
) -> Iterator[Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]]:
    """A `map` over other processes, or in this one where it is to do it alone."""
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
"""What this process has linked already: two articles that it knows to be in one cluster need not be
compared.
"""


def _open(path: Path) -> None:
    _close()
    db = connect(path, read_only=True)
    _here["clusters"] = Clusters(db, Clock(db))
    _local.clear()


def _close() -> None:
    if "clusters" in _here:
        _here.pop("clusters").close()


def _ranges(db: Database) -> list[tuple[int, int]]:
    """From which to which number."""
    (last,) = db.conn.execute("SELECT coalesce(max(id), 0) FROM articles").fetchone()
    return [(start, min(start + BATCH - 1, last)) for start in range(1, last + 1, BATCH)]


def _read(numbers: tuple[int, int]) -> list[tuple[int, int, str, bytes]]:
    """(article_id, revision, digest, packed signature) of the articles of a range."""
    found = _here["clusters"].bodies(*numbers)
    return [
        (number, revision, digest_of(body), Signature.of(words(body)).packed())
        for number, revision, body in found
    ]


def _assign(archive: Archive, read: list[tuple[int, int, str, bytes]], *, now: datetime) -> None:
    """Write the texts that the archive did not have so, but for those that were changed or taken
    down meanwhile.
    """
    texts = archive.clusters.texts
    with archive.transaction(now):
        for number, revision, digest, packed in read:
            (newest,) = archive.db.conn.execute(
                "SELECT revision FROM articles WHERE id = ?", (number,)
            ).fetchone()
            if newest == revision and not texts.has(number, digest, packed):
                texts.drop(number)
                texts.assign(number, digest, partial(Signature.unpacked, packed))


def _links(numbers: tuple[int, int]) -> list[tuple[int, int]]:
    """Links of the articles of a range with articles of lower number."""
    found: list[tuple[int, int]] = []
    with _here["clusters"].at_one_moment():
        for number, others in _here["clusters"].linked(*numbers):
            in_vain = 0
            for other, is_linked in others:
                if in_vain >= MAX_VAIN or _root(_local, number) == _root(_local, other):
                    continue
                if is_linked():
                    _local[_root(_local, number)] = _root(_local, other)
                    found.append((number, other))
                else:
                    in_vain += 1
    return found


def _root(groups: dict[int, int], number: int) -> int:
    """The number that stands for the group."""
    while (parent := groups.get(number, number)) != number:
        groups[number] = groups.get(parent, parent)
        number = parent
    return number


def _clusters(db: Database, groups: dict[int, int]) -> Iterator[list[list[int]]]:
    """The articles of each cluster, some clusters at a time."""
    found: dict[int, list[int]] = {}
    for number in sorted(groups):
        found.setdefault(_root(groups, number), []).append(number)
    for root, numbers in found.items():
        if root not in numbers:
            numbers.append(root)
    yield from (list(some) for some in chunks(found.values(), BATCH // 4))


def _compose(clusters: list[list[int]]) -> list[tuple[list[int], list[Member]]]:
    with _here["clusters"].at_one_moment():
        return [(articles, _here["clusters"].composed(articles)) for articles in clusters]


def _write(
    archive: Archive,
    composed: Iterator[list[tuple[list[int], list[Member]]]],
    *,
    now: datetime,
    advance: Advance,
) -> int:
    """Write the members, then take away those who are in no cluster any more."""
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
        for (number,) in archive.db.conn.execute("SELECT article_id FROM members").fetchall():
            if number not in kept:
                changed += archive.clusters.write(number, None)
    return changed


def _newest(db: Database) -> tuple[int, str]:
    """The newest revision's number, and the archive's clock: one of both tells what comes later,
    whatever is taken down.
    """
    found: tuple[int, str] = db.conn.execute(
        "SELECT coalesce((SELECT max(id) FROM revisions), 0), (SELECT latest FROM clock)"
    ).fetchone()
    return found


def _place_what_came(archive: Archive, began: tuple[int, str], *, now: datetime) -> None:
    """What a crawl wrote meanwhile meets the others once more."""
    came = archive.db.conn.execute(
        "SELECT article_id FROM revisions WHERE id > ? UNION SELECT article_id FROM revisions WHERE observed_at > ?",
        began,
    )
    for (number,) in came.fetchall():
        with archive.transaction(now):
            for _number, _revision, body in archive.clusters.bodies(number, number):
                archive.clusters.place(number, body)
