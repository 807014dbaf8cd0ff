"""Whether one copy of an archive is an earlier state of another: by rows that never change."""

import hashlib
from collections.abc import Mapping

from sqlite_utils import Database

Marks = Mapping[str, tuple[int, str]]
"""By table: the number of its last row, and the digest of what never changes in it."""

_ROWS = {
    "checks": """SELECT t.id, t.checked_at, t.outcome, u.url, u.site
        FROM checks t JOIN urls u ON u.id = t.url_id WHERE {}""",
    "crawls": "SELECT t.id, t.site, t.started_at, t.version, t.arguments FROM crawls t WHERE {}",
    "revisions": """SELECT t.id, a.site, a.key, t.number, t.kind, t.observed_at, t.digest
        FROM revisions t JOIN articles a ON a.id = t.article_id WHERE {}""",
    "snapshots": """SELECT t.id, u.site, u.url, t.fetched_at, t.digest
        FROM snapshots t JOIN urls u ON u.id = t.url_id WHERE {}""",
}
_LAST = "t.id = (SELECT max(id) FROM {})"


def marks_of(db: Database) -> dict[str, tuple[int, str]]:
    """Return the marks of an archive: a later state of it has these rows, too."""
    found = {}
    for table, rows in _ROWS.items():
        row = db.conn.execute(rows.format(_LAST.format(table))).fetchone()
        if row is not None:
            found[table] = (int(row[0]), _digest(row))
    return found


def contains(db: Database, marks: Marks) -> bool:
    """Return whether an archive is the one with these marks, or a later state of it.

    What was taken down since is missing; such an archive counts as another one.
    """
    for table, (number, digest) in marks.items():
        if table not in _ROWS:
            return False
        row = db.conn.execute(_ROWS[table].format("t.id = ?"), (number,)).fetchone()
        if row is None or _digest(row) != digest:
            return False
    return True


def _digest(row: tuple[object, ...]) -> str:
    return hashlib.sha256(repr(row).encode()).hexdigest()
