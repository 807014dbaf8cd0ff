"""How moments are written in the archive, and the archive's own clock. Nothing here asks what time
it is: the time is a parameter.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import overload

from sqlite_utils import Database


def utc(value: datetime) -> datetime:
    """The same moment in UTC; at the ends of the calendar (a page's "0001-01-01T00:00:00+07:00")
    the nearest that there is.
    """
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return (
            datetime.min.replace(tzinfo=UTC)
            if value.year == 1
            else datetime.max.replace(tzinfo=UTC)
        )


@overload
def instant(value: datetime) -> str: ...
@overload
def instant(value: None) -> None: ...
def instant(value: datetime | None) -> str | None:
    """Our own clock: UTC with seconds, so that text order is time order."""
    return utc(value).isoformat(timespec="seconds") if value is not None else None


def exact(value: datetime) -> str:
    """The same with microseconds where there are any; text order is still time order ("+" comes
    before "." and the digits).
    """
    return utc(value).isoformat()


def moment(value: datetime | None) -> str | None:
    """The publisher's clock: its own offset kept."""
    return value.isoformat(timespec="seconds") if value is not None else None


class Clock:
    """The archive's clock: the newest moment that was written. It never goes back, whatever the
    computers' clocks do.

    A moment at or after another's commit is never written before it, so what stood at T stands
    there for ever: reading the archive as of T needs no more than `observed_at <= T`. All that one
    transaction writes has one moment: no T lies within it.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._steady = False
        self._written: str | None = None

    @contextmanager
    def steady(self) -> Iterator[None]:
        """Inside, the clock stands still at the first moment that is written."""
        self._steady, self._written = True, None
        try:
            yield
        finally:
            self._steady, self._written = False, None

    def stamp(self, now: datetime) -> str:
        """The moment to write for what happens at `now`, which is later only where a clock went
        back; inside a transaction.
        """
        if self._written is not None:
            return self._written
        (written,) = self._db.conn.execute(
            "UPDATE clock SET latest = max(latest, ?) WHERE id = 1 RETURNING latest", (exact(now),)
        ).fetchone()
        self._written = str(written) if self._steady else None
        return str(written)

    def latest(self) -> datetime | None:
        """The newest moment in the archive; None in an empty one."""
        (written,) = self._db.conn.execute("SELECT latest FROM clock").fetchone()
        return datetime.fromisoformat(written) if written else None
