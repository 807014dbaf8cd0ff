"""The table `crawls`: one run of one site's spider, from its start to the reason of its end."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from archive.database.clock import Clock, exact
from archive.database.rows import column, insert_row, record, update_row, value

BROKE_OFF = "broke_off"
"""Reason of a crawl that did not write its own end: it was killed, or failed with an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlRun:
    """A row of `crawls`; its times are the archive's, in UTC."""

    id: int
    started_at: datetime
    ended_at: datetime | None
    """None while it runs, and after it was killed until that is found out."""
    end_reason: str | None
    """A code of archive.ledger.wording; None while it runs."""
    counts: Mapping[str, int]
    """What it counted; empty while it runs, and for one that was killed."""
    bytes: int | None
    """Received, headers included; None as long as there are no counts."""


class Crawls:
    """Reading and writing of the crawls; writes belong inside a transaction of the Archive."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def begin(self, site: str, *, version: str, arguments: Mapping[str, Any]) -> int:
        """Write a crawl of a site that no other process crawls, and return its number.

        A crawl before it that has no end was killed.
        """
        self.end_interrupted(site)
        row = {"site": site, "started_at": self._clock.stamp(), "version": version}
        return insert_row(self._db, "crawls", row | {"arguments": json.dumps(dict(arguments))})

    def end(self, crawl_id: int, *, counts: Mapping[str, Any], received: int, reason: str) -> None:
        """Write how a crawl ended: its counts, the bytes received, and the reason."""
        ended_at, counted = self._clock.stamp(), json.dumps(dict(counts))
        row = {"ended_at": ended_at, "counts": counted, "bytes": received, "end_reason": reason}
        update_row(self._db, "crawls", crawl_id, **row)

    def end_interrupted(self, site: str, *, reason: str = BROKE_OFF) -> None:
        """End the newest crawl of a site if it has no end; for callers that hold the site's lock.

        `ended_at` is when that was found out: nothing is written into the past.
        """
        self._db.conn.execute(
            """UPDATE crawls SET ended_at = ?, end_reason = ?
            WHERE id = (SELECT max(id) FROM crawls WHERE site = ?) AND ended_at IS NULL""",
            (self._clock.stamp(), reason, site),
        )

    def sites(self) -> list[str]:
        """Return the sites that were ever crawled, in the order of their names."""
        return column(self._db, "SELECT DISTINCT site FROM crawls ORDER BY site")

    def period(self, site: str) -> tuple[str | None, str | None]:
        """Return when a site's first crawl began, and its last one that read every source."""
        every = "end_reason IN ('finished', 'nothing_announced')"
        times: tuple[str | None, str | None] = self._db.conn.execute(
            f"""SELECT min(started_at), max(started_at) FILTER (WHERE {every})
            FROM crawls WHERE site = ?""",  # noqa: S608 - constants
            (site,),
        ).fetchone()
        return times

    def get(self, crawl_id: int) -> CrawlRun:
        """Return one crawl."""
        return self._runs("id = ?", [crawl_id])[0]

    def newest(self, site: str) -> CrawlRun | None:
        """Return a site's newest crawl; None where there was none."""
        return next(iter(self._runs("site = ? ORDER BY id DESC LIMIT 1", [site])), None)

    def recent(self, site: str, limit: int) -> list[CrawlRun]:
        """Return a site's newest crawls, the newest first."""
        return self._runs("site = ? ORDER BY id DESC LIMIT ?", [site, limit])

    def left_out(self, site: str) -> int:
        """Count the sources that a site's newest crawl with counts skipped for its budget."""
        statement = """SELECT counts ->> '$."sources/source_budget"' FROM crawls
            WHERE site = ? AND counts IS NOT NULL ORDER BY id DESC LIMIT 1"""
        return value(self._db, statement, site) or 0

    def newest_finished(self, site: str) -> CrawlRun | None:
        """Return the newest crawl of a site that finished by itself."""
        finished = """site = ? AND end_reason = 'finished' AND ended_at IS NOT NULL
            ORDER BY started_at DESC LIMIT 1"""
        return next(iter(self._runs(finished, [site])), None)

    def newest_ended(self, site: str) -> CrawlRun | None:
        """Return the newest crawl of a site that ended by itself, finished or not."""
        ended = "site = ? AND counts IS NOT NULL AND ended_at IS NOT NULL ORDER BY id DESC LIMIT 1"
        return next(iter(self._runs(ended, [site])), None)

    def count_by_end(self) -> list[tuple[str, str, int]]:
        """Count the crawls that ended by site and reason; all but the newest of a site ended."""
        return self._db.conn.execute(
            """SELECT site, coalesce(end_reason, ?), count(*) FROM crawls c
            WHERE ended_at IS NOT NULL OR id < (SELECT max(id) FROM crawls l WHERE l.site = c.site)
            GROUP BY 1, 2""",
            (BROKE_OFF,),
        ).fetchall()

    def since_finished(self, site: str) -> list[CrawlRun]:
        """Return a site's crawls from the last one that finished on, newest first."""
        finished = "SELECT max(id) FROM crawls WHERE site = :site AND end_reason = 'finished'"
        where = f"site = :site AND id >= coalesce(({finished}), 0) ORDER BY id DESC"
        return self._runs(where, {"site": site})

    def ended_since(self, site: str, at: datetime) -> list[CrawlRun]:
        """Return a site's crawls that ended since a time, newest first."""
        where = "site = ? AND ended_at >= ? ORDER BY id DESC"
        return self._runs(where, [site, exact(at)])

    def _runs(self, where: str, values: Any) -> list[CrawlRun]:
        rows = self._db.query(f"SELECT * FROM crawls WHERE {where}", values)  # noqa: S608
        return [record(CrawlRun, row, counts=json.loads(row["counts"] or "{}")) for row in rows]
