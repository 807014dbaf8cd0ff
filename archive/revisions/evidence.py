"""Which kept pages a revision was read from."""

from typing import Any

from sqlite_utils import Database

_PAGES = """
    SELECT s.id AS snapshot_id, s.part, s.requested_url, s.url, s.status, s.fetched_at, s.digest,
        s.size, s.headers ->> '$."content-type"' AS content_type
    FROM revisions r JOIN snapshots f ON f.id = r.snapshot_id
    JOIN snapshots s ON s.id = f.id OR s.first_part_id = f.id
    WHERE r.article_id = ? AND r.number = ? ORDER BY s.part"""


def pages_of(db: Database, article_id: int, number: int) -> list[dict[str, Any]]:
    """Return the pages that a revision was read from, further parts of the story included.

    Empty for a story that was imported, and where the bytes were not kept; a removal has the page
    of the text that was removed.
    """
    return list(db.query(_PAGES, [article_id, number]))


def belongs_to(db: Database, snapshot_id: int, article_id: int) -> bool:
    """Return whether a kept page is one of an article's address, whichever revision it made."""
    row = db.conn.execute(
        """SELECT 1 FROM snapshots s JOIN urls u ON u.id = s.url_id
        WHERE s.id = ? AND u.article_id = ?""",
        (snapshot_id, article_id),
    ).fetchone()
    return row is not None
