"""Which snapshots the current extractor has yet to read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from archive.database.clock import instant
from archive.database.rows import record, value

_SNAPSHOTS = """FROM snapshots s JOIN urls u ON u.id = s.url_id
    LEFT JOIN articles a ON a.site = u.site AND a.key = u.key
    LEFT JOIN revisions r ON r.article_id = a.id AND r.number = a.revision"""
_CURRENT = """(r.id IS NULL OR s.id = r.snapshot_id OR (s.id > r.snapshot_id AND NOT EXISTS (
    SELECT 1 FROM revisions n
    WHERE n.article_id = a.id AND n.kind = 'removed' AND n.observed_at >= s.fetched_at)))"""
"""A page that its story's newest revision was read from, or a later one, also later than any
removal.
"""
NO_EVIDENCE = ("incomplete", "much_shorter", "older_than_revision")
"""Reasons for which a page is kept that says nothing of its story, whichever extractor reads it."""
_WAITING = f"""{_SNAPSHOTS} LEFT JOIN readings d ON d.snapshot_id = s.id
    WHERE u.site = :site AND u.key > :after AND s.part = 1
        AND (d.refusal IS NOT 'same_body_elsewhere' OR s.id IS r.snapshot_id)
        AND (:again OR d.extractor IS NOT :extractor)
        AND (:since IS NULL OR s.fetched_at >= :since) AND {_CURRENT}
        AND coalesce(d.refusal, '') NOT IN {NO_EVIDENCE}"""

STORIES = 2_000
"""Stories looked up at a time, so that an archive of any size needs little memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A kept snapshot that may be read again."""

    snapshot_id: int
    key: str
    """The story's identity at its site."""
    url: str
    """The ledger's URL that it was fetched for."""
    newest: bool
    """True: the newest revision was read from it; False: a later page without a revision."""
    opted_out: str | None = None
    """The rule by which the page opts out of text and data mining; None for none."""


class RereadQueue:
    """Snapshots that may be read again; read-only."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def waiting(
        self, site: str, extractor: str, *, since: datetime | None = None, again: bool = False
    ) -> Iterator[Evidence]:
        """Yield the snapshots of a site that `extractor` has not read, by story, oldest first.

        Of each story: the one of its newest revision, and later pages that yielded no story at
        their time. Older ones are history. `since`: fetched from that time on; `again`: those that
        the extractor has read, too.
        """
        given = _given(site, extractor, since, again=again)
        while True:
            stories = f"SELECT DISTINCT u.key {_WAITING} ORDER BY 1 LIMIT {STORIES}"
            last = value(self._db, f"SELECT max(key) FROM ({stories})", **given)  # noqa: S608
            if last is None:
                return
            found = self._db.query(
                f"""SELECT s.id AS snapshot_id, u.key, u.url, s.id IS r.snapshot_id AS newest,
                    s.opted_out {_WAITING} AND u.key <= :last ORDER BY u.key, s.id""",
                given | {"last": last},
            )
            yield from [record(Evidence, row) for row in found]
            given["after"] = last

    def count(
        self, site: str, extractor: str, *, since: datetime | None = None, again: bool = False
    ) -> int:
        """Count what `waiting` yields."""
        given = _given(site, extractor, since, again=again)
        return int(value(self._db, f"SELECT count(*) {_WAITING}", **given))

    def refused(self, site: str, reason: str, *, limit: int) -> list[Evidence]:
        """Return the newest snapshots that a site's URLs were refused for, whose last check gave
        that reason.
        """
        found = self._db.query(
            """SELECT s.id AS snapshot_id, u.key, u.url, 0 AS newest, s.opted_out FROM urls u
            JOIN snapshots s ON s.url_id = u.id JOIN readings d ON d.snapshot_id = s.id
            WHERE u.site = :site AND u.state = 'failed' AND u.reason = :reason
                AND d.refusal = :reason ORDER BY s.id DESC LIMIT :limit""",
            {"site": site, "reason": reason, "limit": limit},
        )
        return [record(Evidence, row) for row in found]

    def is_current(self, evidence: Evidence) -> bool:
        """Return whether no later page, removal or take-down came since it was queued."""
        statement = f"SELECT s.id IS r.snapshot_id {_SNAPSHOTS} WHERE s.id = ? AND {_CURRENT}"
        is_newest: int | None = value(self._db, statement, evidence.snapshot_id)
        return is_newest == evidence.newest


def _given(site: str, extractor: str, since: datetime | None, *, again: bool) -> dict[str, Any]:
    fetched = {"since": instant(since), "again": again}
    return {"site": site, "extractor": extractor, "after": "", **fetched}
