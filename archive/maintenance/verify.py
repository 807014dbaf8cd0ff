"""Is the archive what it should be? Every check answers with what it looked at and what is wrong."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from archive.archive import Reader
from archive.database.schema import LISTS
from archive.errors import ArchiveDamaged
from archive.revisions.changes import reading_digest

VIEWS = ("latest", "history", "ledger", "syndication", "searchable")
MOST = 20
"""Problems of one kind that are told in full; the rest is counted."""


Progress = Callable[[int], None]


@dataclass(slots=True, kw_only=True)
class Finding:
    """One check: how many things it looked at, and a sentence for each thing that is wrong."""

    check: str
    examined: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify(
    archive: Reader, *, sample: int | None = None, progress: Progress | None = None
) -> Iterator[Finding]:
    """All checks, one after the other, the cheap ones first; nothing is written.

    `sample`: so many snapshots and revisions, spread evenly over the archive, in place of all.
    `progress` is told of each.
    """
    tell = progress or (lambda _count: None)
    checks: dict[str, Callable[[], Finding]] = {
        "file": lambda: _integrity(archive),
        "links": lambda: _links(archive),
        "views": lambda: _views(archive),
        "numbers": lambda: _numbers(archive),
        "search": lambda: _search(archive),
        "clusters": lambda: _clusters(archive),
        "dictionaries": lambda: _dictionaries(archive),
        "revisions": lambda: _revisions(archive, sample, tell),
        "snapshots": lambda: _snapshots(archive, sample, tell),
    }
    for name, check in checks.items():
        try:
            finding = check()
        except sqlite3.DatabaseError as error:  # a part of the file that cannot be read
            if name == "file":
                raise
            finding = Finding(check=name, problems=[f"cannot be read: {error}"])
        yield finding
        if name == "file" and not finding.ok:
            return  # nothing further can be trusted to be read


def amount(archive: Reader, sample: int | None) -> int:
    """How often `progress` will be told, for a bar."""
    try:
        return sum(len(_chosen(archive, table, sample)) for table in ("revisions", "snapshots"))
    except sqlite3.DatabaseError:
        return 0  # the checks tell


def _integrity(archive: Reader) -> Finding:
    found = archive.db.conn.execute(f"PRAGMA integrity_check({MOST})").fetchall()
    rows = [line for (told,) in found for line in told.splitlines() if not line.startswith("***")]
    (pages,) = archive.db.conn.execute("PRAGMA page_count").fetchone()
    return Finding(check="file", examined=pages, problems=[] if rows == ["ok"] else rows)


def _links(archive: Reader) -> Finding:
    """Rows that point to rows which are not there."""
    found = archive.db.conn.execute("PRAGMA foreign_key_check").fetchall()
    problems = [
        f"{table} {row}: points to a row of {parent} that is not there"
        for table, row, parent, _key in found
    ]
    tables = archive.db.conn.execute(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%REFERENCES%'"
    ).fetchone()
    return Finding(check="links", examined=tables[0], problems=problems)


def _views(archive: Reader) -> Finding:
    finding = Finding(check="views", examined=len(VIEWS))
    for view in VIEWS:
        try:
            archive.db.conn.execute(f"SELECT * FROM {view} LIMIT 1").fetchall()  # noqa: S608 - constants
        except Exception as error:  # whatever SQLite says
            finding.problems.append(f"view {view} cannot be read: {error}")
    return finding


def _numbers(archive: Reader) -> Finding:
    """Revisions are numbered from 1 without a gap, and an article knows its newest."""
    conn = archive.db.conn
    (articles,) = conn.execute("SELECT count(*) FROM articles").fetchone()
    wrong = conn.execute(
        """SELECT a.id, a.revision, count(r.id), coalesce(max(r.number), 0) FROM articles a LEFT JOIN revisions r ON r.article_id = a.id
        GROUP BY a.id HAVING a.revision != coalesce(max(r.number), 0) OR count(r.id) != coalesce(max(r.number), 0)
            OR (count(r.id) = 0) != EXISTS (SELECT 1 FROM tombstones t WHERE t.article_id = a.id)"""
    ).fetchall()
    problems = [
        f"article {number}: says revision {says}, has {has}, the newest is {newest}"
        for number, says, has, newest in wrong
    ]
    return Finding(check="numbers", examined=articles, problems=problems)


def _search(archive: Reader) -> Finding:
    """The search index knows the articles that have a text, and no others."""
    conn = archive.db.conn
    (indexed,) = conn.execute("SELECT count(*) FROM search_docsize").fetchone()
    missing = conn.execute(
        "SELECT id FROM articles WHERE revision > 0 AND id NOT IN (SELECT id FROM search_docsize) ORDER BY id"
    ).fetchall()
    over = conn.execute(
        "SELECT id FROM search_docsize WHERE id NOT IN (SELECT id FROM articles WHERE revision > 0) ORDER BY id"
    ).fetchall()
    told = [f"article {number} is not in the search index" for (number,) in missing]
    told += [f"entry {number} of the search index has no article" for (number,) in over]
    return Finding(check="search", examined=indexed, problems=told)


_WRONG_CLUSTERS = {
    "article {}: is in a cluster, and its text was never read for it": "SELECT article_id FROM members WHERE article_id NOT IN (SELECT article_id FROM article_texts) ORDER BY 1",
    "article {}: has a text to compare, and no text": """SELECT x.article_id FROM article_texts x JOIN articles a ON a.id = x.article_id WHERE a.revision = 0
        UNION SELECT m.article_id FROM memberships m JOIN articles a ON a.id = m.article_id WHERE a.revision = 0 ORDER BY 1""",
    "cluster {}: does not have one first, two members and the number of one": """SELECT cluster_id FROM members GROUP BY cluster_id HAVING sum(is_first) != 1 OR count(*) < 2 OR min(article_id) != cluster_id
        ORDER BY 1""",
    "article {}: its cluster of today is not the last one that was written down": """SELECT m.article_id FROM members m LEFT JOIN memberships k ON k.id =
            (SELECT max(j.id) FROM memberships j WHERE j.article_id = m.article_id) WHERE m.cluster_id IS NOT k.cluster_id
        UNION SELECT k.article_id FROM memberships k LEFT JOIN members m ON m.article_id = k.article_id
            WHERE m.article_id IS NULL AND k.cluster_id IS NOT NULL
            AND k.id = (SELECT max(j.id) FROM memberships j WHERE j.article_id = k.article_id) ORDER BY 1""",
    "text {}: no article runs it": "SELECT id FROM texts WHERE id NOT IN (SELECT text_id FROM article_texts) ORDER BY 1",
    "text {}: is gone, and left keys behind": "SELECT DISTINCT text_id FROM bands WHERE text_id NOT IN (SELECT id FROM texts) ORDER BY 1",
}


def _clusters(archive: Reader) -> Finding:
    """Who is in a cluster has a text, and every cluster has its first. Articles that wait for a
    rebuild are no problem.
    """
    (members,) = archive.db.conn.execute("SELECT count(*) FROM members").fetchone()
    finding = Finding(check="clusters", examined=members)
    for told, statement in _WRONG_CLUSTERS.items():
        finding.problems += [
            told.format(number) for (number,) in archive.db.conn.execute(statement).fetchall()
        ]
    return finding


def _dictionaries(archive: Reader) -> Finding:
    """Those that are not erased, and those that a page needs."""
    finding = Finding(check="dictionaries")
    for (number,) in archive.db.conn.execute(
        """SELECT id FROM dictionaries WHERE length(packed) > 0
        UNION SELECT dictionary_id FROM snapshots WHERE dictionary_id IS NOT NULL ORDER BY 1"""
    ).fetchall():
        finding.examined += 1
        try:
            archive.snapshots.dictionaries.content(number)
        except ArchiveDamaged as error:
            finding.problems.append(str(error))
    return finding


def _revisions(archive: Reader, sample: int | None, tell: Progress) -> Finding:
    """Every text is the one that was written."""
    finding = Finding(check="revisions")
    for number in _chosen(archive, "revisions", sample):
        finding.examined += 1
        article, revision = archive.db.conn.execute(
            "SELECT article_id, number FROM revisions WHERE id = ?", (number,)
        ).fetchone()
        wrong = _wrong_text(archive, number)
        if wrong is not None:
            finding.problems.append(f"article {article}, revision {revision}: {wrong}")
        tell(1)
    return finding


def _wrong_text(archive: Reader, number: int) -> str | None:
    try:
        row: dict[str, Any] = next(
            iter(archive.db.query("SELECT * FROM revisions WHERE id = ?", [number]))
        )
        digest = reading_digest(row | {name: json.loads(row[name]) for name in LISTS})
    except (
        ValueError,
        sqlite3.OperationalError,
    ) as error:  # a list that is no JSON, a date that is none, bytes that are no text
        return f"it cannot be read: {error}"
    return None if digest == row["digest"] else "its text no longer matches its digest"


def _snapshots(archive: Reader, sample: int | None, tell: Progress) -> Finding:
    """Every page comes back byte for byte."""
    finding = Finding(check="snapshots")
    for number in _chosen(archive, "snapshots", sample):
        finding.examined += 1
        try:
            archive.snapshots.page(number)
        except ArchiveDamaged as error:
            (url,) = archive.db.conn.execute(
                "SELECT url FROM snapshots WHERE id = ?", (number,)
            ).fetchone()
            finding.problems.append(f"snapshot {number} of {url}: {error}")
        tell(1)
    return finding


def _chosen(archive: Reader, table: str, sample: int | None) -> list[int]:
    """Numbers of all rows, or of `sample` of them at even distances: the same ones every time."""
    where = "WHERE part = 1" if table == "snapshots" else ""
    numbers = [
        row[0] for row in archive.db.conn.execute(f"SELECT id FROM {table} {where} ORDER BY id")
    ]  # noqa: S608 - constants
    if sample is None or len(numbers) <= sample:
        return numbers
    return [numbers[place * len(numbers) // sample] for place in range(sample)]
