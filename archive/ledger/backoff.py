"""What sites requested by 429, 503 or Retry-After, kept for the next crawl (table `manners`)."""

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from archive.database.clock import Clock, instant
from archive.database.rows import insert_row, record


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """What a site last requested: fewer requests, or none until some time."""

    site: str
    delay: float
    """Seconds between requests that the next crawl begins with; 0 for the usual delay."""
    quiet_until: datetime | None
    """No request before; aware, by the clock of the computer that crawled. None for no pause."""
    reason: str
    """`http_429` or `http_5xx`: a code of archive.ledger.wording."""
    noted_at: datetime
    """The archive's clock, UTC."""


class Backoffs:
    """Reading and writing of the backoffs; writes belong inside a transaction of the Archive."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def of(self, site: str) -> Backoff | None:
        """Return what the site requested; None where nothing is remembered."""
        rows = self._db.query("SELECT * FROM manners WHERE site = ?", [site])
        return next((record(Backoff, row) for row in rows), None)

    def note(self, site: str, *, delay: float, quiet_until: datetime | None, reason: str) -> None:
        """Remember what the site requests, in place of what it requested before."""
        row = {"site": site, "delay": delay, "quiet_until": instant(quiet_until), "reason": reason}
        insert_row(self._db, "manners", row | {"noted_at": self._clock.stamp()}, replace=True)

    def forget(self, site: str) -> None:
        """Forget what the site requested: it answers as usual again."""
        self._db.conn.execute("DELETE FROM manners WHERE site = ?", (site,))
