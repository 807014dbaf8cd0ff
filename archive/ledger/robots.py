"""The table `robots`: every answer to a request for a host's robots.txt, errors included."""

from sqlite_utils import Database

from archive.database.clock import Clock
from archive.identity import bytes_digest


class RobotsAnswers:
    """Writing of the answers, inside a transaction of the Archive."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def record(self, host: str, *, status: int | None, body: str, reason: str | None) -> None:
        """Keep an answer, with the first and the last time that it was given.

        `status` is None where none came; `reason`, a code of archive.ledger.wording, says why.
        """
        at = self._clock.stamp()
        digest = bytes_digest(body.encode(errors="replace"))
        self._db.conn.execute(
            """INSERT INTO robots (host, digest, status, reason, body, fetched_at, last_seen_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (host, coalesce(status, 0), coalesce(reason, ''), digest)
                DO UPDATE SET last_seen_at = excluded.last_seen_at""",
            (host, digest, status, reason, body, at, at),
        )
