"""What an archive holds, without its own numbers, so that two archives can be compared; and what
must be true of every archive.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

from archive import Archive
from archive.database.schema import ARTICLE_COLUMNS

_REVISION = ", ".join(
    f"r.{name}"
    for name in ("kind", "changed", "returns_to", "observed_at", "digest", *ARTICLE_COLUMNS)
)

ARTICLES = (
    "SELECT site, key, story_id, url, first_seen_at, removed_at, opted_out, revision FROM articles"
    " ORDER BY site, key"
)
REVISIONS = f"""SELECT a.site, a.key, r.number, {_REVISION}, s.requested_url, s.url AS page,
    s.digest AS page_digest
    FROM revisions r JOIN articles a ON a.id = r.article_id LEFT JOIN snapshots s
    ON s.id = r.snapshot_id
    ORDER BY a.site, a.key, r.number"""
STATES = """SELECT u.site, u.url, u.key, iif(u.state = 'unchanged', 'kept', u.state) AS state,
    u.reason, u.announced_by, u.published_at,
    u.first_seen_at, a.key AS article FROM urls u LEFT JOIN articles a ON a.id = u.article_id
    WHERE u.state != 'source' ORDER BY u.site, u.url"""
LEDGER = """SELECT site, url, state, checks, quiet_checks, failures, last_checked_at,
    next_check_at, etag, last_modified
    FROM urls WHERE state != 'source' ORDER BY site, url"""
PAGES = """SELECT u.site, u.url, s.part, s.requested_url, s.url AS page, s.status,
    json_remove(s.headers, '$.date') AS headers,
    s.digest, s.opted_out, s.missing_parts
    FROM snapshots s JOIN urls u ON u.id = s.url_id ORDER BY u.site, u.url, s.digest, s.part"""

BROKEN = {
    "an article without its newest revision": (
        """SELECT a.id FROM articles a LEFT JOIN revisions r
        ON r.article_id = a.id AND r.number = a.revision WHERE r.id IS NULL"""
    ),
    "numbers of revisions with a gap": (
        "SELECT article_id FROM revisions GROUP BY 1 HAVING max(number) != count(*) OR min(number)"
        " != 1"
    ),
    "a revision without its snapshot": (
        """SELECT r.id FROM revisions r LEFT JOIN snapshots s ON s.id = r.snapshot_id
        WHERE s.id IS NULL"""
    ),
    "a kept URL without its article": (
        """SELECT u.url FROM urls u LEFT JOIN articles a ON a.id = u.article_id
        WHERE u.state IN ('kept', 'unchanged') AND a.id IS NULL"""
    ),
    "an article that no URL leads to": (
        "SELECT id FROM articles WHERE id NOT IN (SELECT article_id FROM urls WHERE article_id IS"
        " NOT NULL)"
    ),
    "a further page without its first": (
        """SELECT s.id FROM snapshots s LEFT JOIN snapshots f ON f.id = s.first_part_id
        WHERE s.part > 1 AND (f.id IS NULL OR f.part != 1)"""
    ),
    "a check without its URL": (
        "SELECT c.id FROM checks c LEFT JOIN urls u ON u.id = c.url_id WHERE u.id IS NULL"
    ),
    "a story that is in twice": "SELECT site, key FROM articles GROUP BY 1, 2 HAVING count(*) > 1",
    "a removed article whose newest revision does not say so": (
        """SELECT a.id FROM articles a JOIN revisions r
        ON r.article_id = a.id AND r.number = a.revision
        WHERE (a.removed_at IS NULL) = (r.kind = 'removed')"""
    ),
}
"""Statements that find rows of half a page; of a whole archive, at any moment, none finds a row."""

TWICE = {
    "a page that was kept twice": (
        """SELECT url_id, digests FROM (SELECT url_id, group_concat(digest) AS digests
        FROM (SELECT * FROM snapshots ORDER BY id) GROUP BY url_id, coalesce(first_part_id,
        id)) GROUP BY 1, 2 HAVING count(*) > 1"""
    ),
    "two revisions in a row that say the same": (
        """SELECT a.id FROM revisions a JOIN revisions b
        ON b.article_id = a.article_id AND b.number = a.number + 1 AND b.digest = a.digest
        WHERE b.kind NOT IN ('removed', 'restored')"""
    ),
    "a dictionary that was made twice": (
        "SELECT site FROM dictionaries GROUP BY site, after_snapshots HAVING count(*) > 1"
    ),
}


def differences(one: Path, other: Path, *statements: str) -> list[str]:
    """Rows that only one of the archives gives, or gives more often."""
    found: list[str] = []
    for statement in statements:
        here, there = (Counter(_rows(path, statement)) for path in (one, other))
        found += [f"only in {one.name}: {row}" for row in here - there]
        found += [f"only in {other.name}: {row}" for row in there - here]
    return found


def _rows(path: Path, statement: str) -> list[str]:
    with Archive(path, read_only=True) as archive:
        return [json.dumps(row, ensure_ascii=False) for row in archive.db.query(statement)]


def assert_whole(path: Path) -> None:
    """The file is sound, no row dangles, nothing was stored twice, every page can be read, the
    search index fits the texts.
    """
    with Archive(path, read_only=True) as archive:
        assert archive.db.conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert archive.db.conn.execute("PRAGMA foreign_key_check").fetchall() == []
        for fault, statement in (BROKEN | TWICE).items():
            assert archive.db.conn.execute(statement).fetchall() == [], fault
        for number, parts in archive.db.conn.execute("SELECT id, part FROM snapshots").fetchall():
            assert archive.snapshots.page(number).body, (number, parts)
        for row in archive.db.query(
            "SELECT page_count, snapshot_id, warnings FROM revisions WHERE kind NOT IN ('removed')"
        ):
            page = archive.snapshots.page(row["snapshot_id"])
            assert row["page_count"] == 1 + len(page.parts) or "missing_parts" in json.loads(
                row["warnings"]
            )
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")
        connection.rollback()
