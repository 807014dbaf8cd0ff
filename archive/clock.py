"""How moments are written in the archive, and the archive's own clock. Nothing here asks what time it is: the time is a parameter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload

from sqlite_utils import Database


@overload
def instant(value: datetime) -> str: ...
@overload
def instant(value: None) -> None: ...
def instant(value: datetime | None) -> str | None:
    """Our own clock: UTC with seconds, so that text order is time order."""
    return value.astimezone(UTC).isoformat(timespec="seconds") if value is not None else None


def exact(value: datetime) -> str:
    """The same with microseconds where there are any; text order is still time order ("+" comes before "." and the digits)."""
    return value.astimezone(UTC).isoformat()


def moment(value: datetime | None) -> str | None:
    """The publisher's clock: its own offset kept."""
    return value.isoformat(timespec="seconds") if value is not None else None


class Clock:
    """The archive's clock: the newest moment that was written. It never goes back, whatever the computers' clocks do.

    A moment at or after another's commit is never written before it, so what stood at T stands there for ever: reading the
    archive as of T needs no more than `observed_at <= T`.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def stamp(self, now: datetime) -> str:
        """The moment to write for what happens at `now`, which is later only where a clock went back; inside a transaction."""
        (written,) = self._db.conn.execute(
            "UPDATE clock SET latest = max(latest, ?) WHERE id = 1 RETURNING latest", (exact(now),)
        ).fetchone()
        return str(written)

    def latest(self) -> datetime | None:
        """The newest moment in the archive; None in an empty one."""
        (written,) = self._db.conn.execute("SELECT latest FROM clock").fetchone()
        return datetime.fromisoformat(written) if written else None
