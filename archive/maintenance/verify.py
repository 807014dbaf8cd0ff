"""Verification of an archive: each check reports what it examined and what is wrong."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from archive.archive import Reader
from archive.database.rows import column, value
from archive.database.schema import LISTS
from archive.errors import BREAKS_ON_DAMAGE, ArchiveDamaged
from archive.ledger.robots import RobotsAnswers
from archive.ledger.wording import plural
from archive.maintenance import search_index, values
from archive.maintenance.takedown import waiting
from archive.revisions.changes import reading_digest

CHECKS = (
    "file values links views takedowns numbers search clusters dictionaries revisions snapshots"
).split()
VIEWS = ("latest", "history", "ledger", "syndication", "searchable", "searchable_earlier")
MAX_SHOWN = 20
"""Problems of one kind that are reported in full; further ones are counted."""

Progress = Callable[[int], None]


@dataclass(slots=True, kw_only=True)
class Finding:
    """The result of one check."""

    check: str
    examined: int = 0
    """Number of things that were examined."""
    problems: list[str] = field(default_factory=list)
    """A sentence for each thing that is wrong."""
    notes: list[str] = field(default_factory=list)
    """A sentence for each thing that is right, but remains to be done."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify(
    archive: Reader, *, sample: int | None = None, progress: Progress | None = None
) -> Iterator[Finding]:
    """Run all checks, the cheap ones first; writes nothing.

    `sample`: check only so many snapshots and revisions, spread evenly over the archive, and the
    search index by its checksum.
    `progress` is called with 1 for each of them.
    """
    for name in CHECKS:
        try:
            if name in _ROWS:
                finding = _rows(archive, name)
                if name == "search" and finding.ok:
                    finding.problems += _index(archive, quick=sample is not None)
            elif name in _ITEMS:
                finding = _items(archive, name, sample, progress)
            else:
                finding = _WHOLE[name](archive)
        except (sqlite3.DatabaseError, *BREAKS_ON_DAMAGE) as error:  # a part is unreadable
            if name == "file":
                raise
            finding = Finding(check=name, problems=[f"cannot be read: {error}"])
        yield finding
        if name == "file" and not finding.ok:
            return  # what else is read from a damaged file proves nothing


def amount(archive: Reader, sample: int | None) -> int:
    """Return how often `progress` will be called, for a progress bar."""
    try:
        return sum(len(_chosen(archive, check, sample)) for check in _SAMPLED)
    except sqlite3.DatabaseError:
        return 0  # the checks report it


def _file(archive: Reader) -> Finding:
    found = archive.db.conn.execute(f"PRAGMA integrity_check({MAX_SHOWN})").fetchall()
    rows = [line for (text,) in found for line in text.splitlines() if not line.startswith("***")]
    # Newer versions of SQLite look into the search index here; its own check says how to mend it.
    rows = [line for line in rows if "FTS5 table main.search" not in line] or ["ok"]
    pages = value(archive.db, "PRAGMA page_count")
    return Finding(check="file", examined=pages, problems=[] if rows == ["ok"] else rows)


def _links(archive: Reader) -> Finding:
    tables = (
        """SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%REFERENCES%'"""
    )
    return Finding(
        check="links",
        examined=value(archive.db, tables),
        problems=list(values.dangling(archive.db)),
    )


def _views(archive: Reader) -> Finding:
    finding = Finding(check="views", examined=len(VIEWS))
    for view in VIEWS:
        try:
            value(archive.db, f"SELECT * FROM {view}")  # noqa: S608 - constants
        except Exception as error:  # whatever SQLite reports
            finding.problems.append(f"view {view} cannot be read: {error}")
    return finding


def _takedowns(archive: Reader) -> Finding:
    """Report what `compact` has yet to erase; that is no damage."""
    examined = value(archive.db, "SELECT count(*) FROM tombstones")
    finding = Finding(check="takedowns", examined=examined)
    if number := waiting(archive):
        wait = plural(number, "take-down waits", "take-downs wait")
        finding.notes.append(
            f"{wait} for `warta compact`: traces may remain in unused space of the file"
        )
    retired = """SELECT name FROM dictionaries
        WHERE retired_at IS NOT NULL AND length(packed) > 0 ORDER BY id"""
    finding.notes += [
        f"dictionary {name} waits for `warta compact`: it may hold pages that were taken down"
        for name in column(archive.db, retired)
    ]
    return finding


def _values(archive: Reader) -> Finding:
    tables = value(archive.db, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'")
    problems = list(values.problems(archive.db)) or list(_unread_answers(archive))
    return Finding(check="values", examined=tables, problems=problems)


def _unread_answers(archive: Reader) -> Iterator[str]:
    """Yield what is wrong with the first answer for robots.txt that cannot be read."""
    try:
        for _answer in RobotsAnswers(archive.db, archive.clock).answers():
            pass
    except ArchiveDamaged as error:
        yield str(error)


_WHOLE = {
    "file": _file,
    "values": _values,
    "links": _links,
    "views": _views,
    "takedowns": _takedowns,
}
_ROWS: dict[str, tuple[str, dict[str, str]]] = {
    # Revisions are numbered from 1 without a gap, and an article knows its newest.
    "numbers": (
        "SELECT count(*) FROM articles",
        {
            "article {}: says revision {}, has {}, the newest is {}": """
                SELECT a.id, a.revision, count(r.id), coalesce(max(r.number), 0)
                FROM articles a LEFT JOIN revisions r ON r.article_id = a.id GROUP BY a.id
                HAVING a.revision != coalesce(max(r.number), 0)
                    OR count(r.id) != coalesce(max(r.number), 0)
                    OR (count(r.id) = 0) != EXISTS
                        (SELECT 1 FROM tombstones t WHERE t.article_id = a.id)"""
        },
    ),
    # The search index holds the articles that have a text, and no others.
    "search": (
        "SELECT count(*) FROM search_docsize",
        {
            "article {} is not in the search index": """
                SELECT id FROM articles WHERE revision > 0
                    AND id NOT IN (SELECT id FROM search_docsize) ORDER BY id""",
            "entry {} of the search index has no article": """
                SELECT id FROM search_docsize
                WHERE id NOT IN (SELECT id FROM articles WHERE revision > 0) ORDER BY id""",
            "revision {} is not in the search index of earlier texts": """
                SELECT revision_id FROM searchable_earlier WHERE revision_id NOT IN
                    (SELECT id FROM search_earlier_docsize) ORDER BY revision_id""",
            "entry {} of the search index of earlier texts has no revision": """
                SELECT id FROM search_earlier_docsize WHERE id NOT IN
                    (SELECT revision_id FROM searchable_earlier) ORDER BY id""",
        },
    ),
    # A member has a text, and a cluster its first. Articles that wait for a rebuild are no problem.
    "clusters": (
        "SELECT count(*) FROM members",
        {
            "article {}: is in a cluster without having been assigned a text": """
                SELECT article_id FROM members
                WHERE article_id NOT IN (SELECT article_id FROM article_texts) ORDER BY 1""",
            "article {}: has no revision, but a text or a membership in a cluster": """
                SELECT x.article_id FROM article_texts x JOIN articles a ON a.id = x.article_id
                WHERE a.revision = 0
                UNION SELECT m.article_id FROM memberships m JOIN articles a ON a.id = m.article_id
                WHERE a.revision = 0 ORDER BY 1""",
            "cluster {}: must have one first article, two members, and the lowest id of them": """
                SELECT cluster_id FROM members GROUP BY cluster_id
                HAVING sum(is_first) != 1 OR count(*) < 2 OR min(article_id) != cluster_id
                ORDER BY 1""",
            "article {}: its present cluster is not the last one recorded": """
                SELECT m.article_id FROM members m LEFT JOIN memberships k ON k.id =
                    (SELECT max(j.id) FROM memberships j WHERE j.article_id = m.article_id)
                WHERE m.cluster_id IS NOT k.cluster_id
                UNION SELECT k.article_id
                FROM memberships k LEFT JOIN members m ON m.article_id = k.article_id
                WHERE m.article_id IS NULL AND k.cluster_id IS NOT NULL AND k.id =
                    (SELECT max(j.id) FROM memberships j WHERE j.article_id = k.article_id)
                ORDER BY 1""",
            "text {}: no article has it": """
                SELECT id FROM texts WHERE id NOT IN (SELECT text_id FROM article_texts)
                ORDER BY 1""",
            "text {}: is gone, but its keys are not": """
                SELECT DISTINCT text_id FROM bands WHERE text_id NOT IN (SELECT id FROM texts)
                ORDER BY 1""",
        },
    ),
}
"""By check: a query that counts what is examined; by problem the query that finds it."""


def _rows(archive: Reader, check: str) -> Finding:
    count, problems = _ROWS[check]
    finding = Finding(check=check, examined=value(archive.db, count))
    for problem, query in problems.items():
        finding.problems += [problem.format(*row) for row in archive.db.conn.execute(query)]
    return finding


def _index(archive: Reader, *, quick: bool) -> Iterator[str]:
    for name, index in search_index.INDEXES.items():
        damage = search_index.problem(archive.db, index, quick=quick)
        if damage is not None:
            yield f"{damage} ({name}); `warta verify --repair search` rebuilds the index"


def _revision(archive: Reader, number: int) -> str | None:
    """Compare a text with its digest."""
    (row,) = archive.db.query("SELECT article_id, number FROM revisions WHERE id = ?", [number])
    name = "article {article_id}, revision {number}".format(**row)
    try:
        (row,) = archive.db.query("SELECT * FROM revisions WHERE id = ?", [number])
        digest = reading_digest(row | {name: json.loads(row[name]) for name in LISTS})
    except (ValueError, sqlite3.OperationalError) as error:  # invalid JSON, date or UTF-8
        return f"{name}: it cannot be read: {error}"
    if digest == row["digest"]:
        return None
    return f"{name}: its text no longer matches its digest"


def _snapshot(archive: Reader, number: int) -> str | None:
    """Compare a page with its digest."""
    try:
        archive.snapshots.page(number)
    except ArchiveDamaged as error:
        url = value(archive.db, "SELECT url FROM snapshots WHERE id = ?", number)
        return f"snapshot {number} of {url}: {error}"
    return None


_ITEMS: dict[str, tuple[str, Callable[[Reader, int], str | None]]] = {
    # Dictionaries that are not erased, and those that a page needs.
    "dictionaries": (
        """SELECT id FROM dictionaries WHERE length(packed) > 0
        UNION SELECT dictionary_id FROM snapshots WHERE dictionary_id IS NOT NULL ORDER BY 1""",
        lambda archive, number: archive.snapshots.dictionaries.problem(number),
    ),
    "revisions": ("SELECT id FROM revisions ORDER BY id", _revision),
    "snapshots": ("SELECT id FROM snapshots WHERE part = 1 ORDER BY id", _snapshot),
}
"""By check: a query for the ids of what is examined, and a function that returns its problem."""
_SAMPLED = ("revisions", "snapshots")


def _items(archive: Reader, check: str, sample: int | None, progress: Progress | None) -> Finding:
    finding = Finding(check=check)
    for number in _chosen(archive, check, sample):
        finding.examined += 1
        problem = _ITEMS[check][1](archive, number)
        if problem is not None:
            finding.problems.append(problem)
        if progress is not None and check in _SAMPLED:
            progress(1)
    return finding


def _chosen(archive: Reader, check: str, sample: int | None) -> list[int]:
    """Return the ids of all rows, or of `sample` of them at even distances."""
    numbers = column(archive.db, _ITEMS[check][0])
    if sample is None or len(numbers) <= sample or check not in _SAMPLED:
        return numbers
    return [numbers[place * len(numbers) // sample] for place in range(sample)]
