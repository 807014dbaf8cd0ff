"""The table `robots`: every answer to a request for a host's robots.txt, errors included."""

from collections.abc import Iterator
from datetime import datetime

from sqlite_utils import Database

from archive.database.clock import Clock
from archive.database.wire import wire_json, wire_of
from archive.errors import ArchiveDamaged
from archive.identity import bytes_digest
from archive.records import RobotsAnswer, Wire


class RobotsAnswers:
    """The answers; write inside a transaction of the Archive."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def record(
        self,
        host: str,
        *,
        status: int | None,
        body: str,
        reason: str | None,
        url: str | None = None,
        wire: Wire | None = None,
    ) -> None:
        """Keep an answer, with the first and the last time that it was given.

        `status` is None where none came; `reason`, a code of archive.ledger.wording, says why.
        `url`: its own address, after redirects. `wire` is kept with the first answer alone.
        """
        at = self._clock.stamp()
        digest = bytes_digest(body.encode(errors="replace"))
        self._db.conn.execute(
            """INSERT INTO robots
                (host, digest, status, reason, body, fetched_at, last_seen_at, url, wire)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (host, coalesce(status, 0), coalesce(reason, ''), digest)
                DO UPDATE SET last_seen_at = excluded.last_seen_at""",
            (host, digest, status, reason, body, at, at, url, wire_json(wire)),
        )

    def answers(self) -> Iterator[RobotsAnswer]:
        """Yield the answers that came, in the order of their first times; raises ArchiveDamaged."""
        rows = self._db.conn.execute(
            """SELECT coalesce(url, 'https://' || host || '/robots.txt'), status, body, fetched_at,
                last_seen_at, wire
            FROM robots WHERE status IS NOT NULL ORDER BY fetched_at, id"""
        )
        for url, status, body, fetched_at, last_seen_at, wire in rows:
            try:
                yield RobotsAnswer(
                    url=url,
                    status=status,
                    text=body or "",
                    fetched_at=datetime.fromisoformat(fetched_at),
                    last_seen_at=datetime.fromisoformat(last_seen_at),
                    wire=wire_of(wire),
                )
            except ValueError as error:
                raise ArchiveDamaged(f"robots.txt of {url} cannot be read: {error}") from error
