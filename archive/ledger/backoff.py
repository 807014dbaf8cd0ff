"""What sites asked for, kept from one crawl to the next: fewer requests, or none until some moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from archive.database.clock import Clock, instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a site last asked for by 429, 503 or Retry-After."""

    site: str
    delay: float
    """Seconds between requests that the next crawl begins with; 0 for the usual ones."""
    quiet_until: datetime | None
    """Nothing is asked before; aware, None for no such moment. It is the moment of the computer
    that crawled.
    """
    reason: str
    """`http_429` or `http_5xx`: a code of archive.ledger.wording."""
    noted_at: datetime
    """The archive's clock."""


class Manners:
    """Reading and writing of the table `manners`; writes belong inside a transaction of the
    Archive.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def of(self, site: str) -> Wish | None:
        """What the site asked for; None where nothing is remembered."""
        row = self._db.conn.execute(
            "SELECT delay, quiet_until, reason, noted_at FROM manners WHERE site = ?", (site,)
        ).fetchone()
        if row is None:
            return None
        delay, quiet_until, reason, noted_at = row
        until = datetime.fromisoformat(quiet_until) if quiet_until else None
        return Wish(
            site=site,
            delay=delay,
            quiet_until=until,
            reason=reason,
            noted_at=datetime.fromisoformat(noted_at),
        )

    def note(
        self, site: str, *, delay: float, quiet_until: datetime | None, reason: str, now: datetime
    ) -> None:
        """Remember what the site asks for, in place of what it asked for before."""
        self._db.conn.execute(
            """INSERT INTO manners (site, delay, quiet_until, reason, noted_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (site) DO UPDATE SET delay = excluded.delay, quiet_until = excluded.quiet_until, reason = excluded.reason,
                noted_at = excluded.noted_at""",
            (site, delay, instant(quiet_until), reason, self._clock.stamp(now)),
        )

    def forget(self, site: str) -> None:
        """It asks for nothing any more."""
        self._db.conn.execute("DELETE FROM manners WHERE site = ?", (site,))
