"""Where the bytes of an archive are."""

import sqlite3
from typing import Any

from sqlite_utils import Database

from archive.database.rows import value

KINDS = "snapshots dictionaries text search ledger index other free".split()
"""`free` is unused space, which VACUUM returns."""
_TABLES = {
    **dict.fromkeys(("snapshots", "header_forms"), "snapshots"),
    "dictionaries": "dictionaries",
    **dict.fromkeys(("revisions", "articles"), "text"),
    **dict.fromkeys(("urls", "checks", "crawls", "robots"), "ledger"),
}
_DBSTAT = """SELECT d.name, d.pgsize, s.type
    FROM dbstat d LEFT JOIN sqlite_schema s ON s.name = d.name WHERE d.aggregate = TRUE"""
_LENGTHS = """SELECT 'snapshots', coalesce(sum(length(packed)), 0) FROM snapshots
    UNION ALL SELECT 'dictionaries', coalesce(sum(length(packed)), 0) FROM dictionaries
    UNION ALL SELECT 'text', coalesce(sum(length(CAST(body AS BLOB))), 0) FROM revisions"""
_DICTIONARIES = """SELECT d.site, (SELECT f.name FROM dictionaries f
        WHERE f.site = d.site AND f.retired_at IS NULL ORDER BY f.id DESC LIMIT 1) AS in_force,
        count(*) AS needed, sum(length(d.packed)) AS bytes,
        (SELECT count(*) FROM snapshots s JOIN dictionaries p ON p.id = s.dictionary_id
            WHERE p.site = d.site) AS snapshots
    FROM dictionaries d WHERE length(d.packed) > 0 GROUP BY d.site ORDER BY d.site"""


def bytes_by_kind(db: Database) -> dict[str, int]:
    """Return the bytes of each of KINDS in the file.

    Without SQLite's optional `dbstat` table, `snapshots`, `dictionaries` and `text` are the lengths
    of their blobs and texts, and the rest is `other`.
    """
    sizes = dict.fromkeys(KINDS, 0)
    page, pages, free = (
        value(db, f"PRAGMA {name}") for name in ("page_size", "page_count", "freelist_count")
    )
    sizes["free"] = page * free
    for kind, size in _tables(db):
        sizes[kind] += size
    sizes["other"] += page * pages - sum(sizes.values())
    return sizes


def _tables(db: Database) -> list[tuple[str, int]]:
    try:
        found = db.conn.execute(_DBSTAT).fetchall()
    except sqlite3.OperationalError:  # no such table: dbstat
        return db.conn.execute(_LENGTHS).fetchall()
    return [(_kind(name, kind), size) for name, size, kind in found]


def _kind(name: str, kind: str | None) -> str:
    if name.startswith("search"):
        return "search"
    if kind == "index":
        return "index"
    return _TABLES.get(name, "other")


def dictionaries(db: Database) -> list[dict[str, Any]]:
    """Return a row per site: `site`, `in_force`, `needed`, `bytes` and `snapshots`.

    `in_force` names the effective dictionary; `needed` dictionaries of `bytes` read `snapshots`.
    """
    return list(db.query(_DICTIONARIES))
