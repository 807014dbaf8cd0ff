"""Which snapshots today's extractor has yet to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from archive.database.clock import instant
from archive.ledger.ledger import Ledger

_SNAPSHOTS = """FROM snapshots s JOIN urls u ON u.id = s.url_id
    LEFT JOIN articles a ON a.site = u.site AND a.key = u.key
    LEFT JOIN revisions r ON r.article_id = a.id AND r.number = a.revision"""
_STANDS = """(r.id IS NULL OR s.id = r.snapshot_id OR (s.id > r.snapshot_id AND NOT EXISTS (
    SELECT 1 FROM revisions n WHERE n.article_id = a.id AND n.kind = 'removed' AND n.observed_at >= s.fetched_at)))"""
"""A page that its story's newest revision was read from, or one that came later, also later than
any removal.
"""
_WAITING = f"""{_SNAPSHOTS} LEFT JOIN readings d ON d.snapshot_id = s.id
    WHERE u.site = :site AND u.key > :after AND s.part = 1 AND (:again OR d.extractor IS NOT :extractor)
        AND (:since IS NULL OR s.fetched_at >= :since) AND {_STANDS}"""

STORIES = 2_000
"""Stories whose pages are looked up at a time, so that an archive of any size is read again in
little memory.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A kept snapshot that may be read again."""

    snapshot_id: int
    key: str
    """The story's identity at its site."""
    url: str
    newest: bool
    """Whether the newest revision was read from it; otherwise it is a later page that gave no
    revision.
    """
    opted_out: str | None = None


class Replays:
    """What reading again needs of the archive; writes belong inside a transaction of the Archive."""

    def __init__(self, db: Database, ledger: Ledger) -> None:
        self._db = db
        self._ledger = ledger

    def read_by(self, snapshot_id: int) -> str | None:
        """The extractor that read a snapshot last."""
        row = self._db.conn.execute(
            "SELECT extractor FROM readings WHERE snapshot_id = ?", (snapshot_id,)
        ).fetchone()
        return row[0] if row else None

    def waiting(
        self, site: str, extractor: str, *, since: datetime | None = None, again: bool = False
    ) -> Iterator[Evidence]:
        """Snapshots of a site that `extractor` has not read, story by story, oldest first; with
        `again` also those it has.

        Of each story: the one of its newest revision, and later pages that gave no story at their
        time. Older ones are history. `since`: fetched from that moment on.
        """
        given = {
            "site": site,
            "extractor": extractor,
            "since": instant(since),
            "again": again,
            "after": "",
        }
        while True:
            keys = [
                key
                for (key,) in self._db.conn.execute(
                    f"SELECT DISTINCT u.key {_WAITING} ORDER BY 1 LIMIT {STORIES}", given
                )
            ]
            if not keys:
                return
            found = self._db.conn.execute(
                f"SELECT s.id, u.key, u.url, s.id IS r.snapshot_id, s.opted_out {_WAITING} AND u.key <= :last ORDER BY u.key, s.id",
                given | {"last": keys[-1]},
            )
            for snapshot_id, key, url, newest, opted_out in found.fetchall():
                yield Evidence(
                    snapshot_id=snapshot_id,
                    key=key,
                    url=url,
                    newest=bool(newest),
                    opted_out=opted_out,
                )
            given["after"] = keys[-1]

    def count(
        self, site: str, extractor: str, *, since: datetime | None = None, again: bool = False
    ) -> int:
        """How many `waiting` gives."""
        given = {
            "site": site,
            "extractor": extractor,
            "since": instant(since),
            "again": again,
            "after": "",
        }
        return int(self._db.conn.execute(f"SELECT count(*) {_WAITING}", given).fetchone()[0])

    def stands(self, evidence: Evidence) -> bool:
        """Whether nothing came between reading and writing: no later page, no removal, no
        take-down.
        """
        statement = f"SELECT s.id IS r.snapshot_id {_SNAPSHOTS} WHERE s.id = ? AND {_STANDS}"
        row = self._db.conn.execute(statement, (evidence.snapshot_id,)).fetchone()
        return row is not None and bool(row[0]) == evidence.newest

    def adopt(self, evidence: Evidence, article_id: int, *, revised: bool, now: datetime) -> None:
        """A page that gave no story at its time is one now: its address is the story's, and is
        asked for by the next crawl.

        One that says nothing new (not `revised`) is that only where its address still counts as
        failed.
        """
        (site,) = self._db.conn.execute(
            "SELECT u.site FROM snapshots s JOIN urls u ON u.id = s.url_id WHERE s.id = ?",
            (evidence.snapshot_id,),
        ).fetchone()
        entry = self._ledger.entry(evidence.url, site=site)
        if entry is not None and (revised or entry.state == "failed"):
            self._db.conn.execute(
                "UPDATE urls SET article_id = ?, failures = 0 WHERE id = ?", (article_id, entry.id)
            )
            self._ledger.name_addresses(site, entry.key, article_id)
            self._ledger.move(entry, "reread", "kept", now=now, due_at=now, why="reread")
