"""How times are written in the archive, and the archive's clock, which never goes back.

Nothing here reads the system clock: the time is a parameter.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, overload

from sqlite_utils import Database

from archive.errors import ArchiveDamaged

_NO_CLOCK = "clock: its only row is missing; see `warta verify`"


def utc(value: datetime) -> datetime:
    """Convert to UTC; a time that leaves the calendar so becomes the nearest one in it.

    Pages do say "0001-01-01T00:00:00+07:00".
    """
    try:
        return value.astimezone(UTC)
    except OverflowError:
        if value.year == 1:
            return datetime.min.replace(tzinfo=UTC)
        return datetime.max.replace(tzinfo=UTC)


@overload
def instant(value: datetime) -> str: ...
@overload
def instant(value: None) -> None: ...
def instant(value: datetime | None) -> str | None:
    """Write a time in UTC to the second, so that text order is time order."""
    if value is None:
        return None
    return utc(value).isoformat(timespec="seconds")


def exact(value: datetime) -> str:
    """Write a time in UTC with microseconds where there are any.

    Text order is still time order: "+" sorts before "." and the digits.
    """
    return utc(value).isoformat()


def parsed(text: str | None) -> datetime | None:
    """Read a column that holds a time or NULL."""
    return datetime.fromisoformat(text) if text else None


def settled_until(db: Database) -> str | None:
    """Return the time before which later merges change nothing: the smallest of the clocks of the
    archives that were merged into this one. None where there were none, or none was ever written.
    """
    row = db.conn.execute(
        """SELECT min(latest) FROM (SELECT max(latest) AS latest FROM merged_archives
            GROUP BY identity) WHERE latest != ''"""
    ).fetchone()
    found: str | None = row[0]
    return found


class Clock:
    """The archive's clock: the newest time that was written. It never goes back.

    A time at or after another's commit is never written before it, so that what was true as of T
    stays true: reading the archive as of T needs no more than `observed_at <= T`. All that one
    transaction writes has one time: no T lies within it.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._now: datetime | None = None
        self._stamp: str | None = None
        self._seen: dict[Any, Any] = {}

    @contextmanager
    def set_to(self, now: datetime) -> Iterator[None]:
        """Give one transaction its time, which must be aware; raises ValueError otherwise."""
        if now.tzinfo is None:
            raise ValueError(f"{now.isoformat()}: the time of a transaction needs its offset")
        self._now, self._stamp = now, None
        self._seen.clear()
        try:
            yield
        finally:
            self._now = self._stamp = None
            self._seen.clear()

    @property
    def seen(self) -> dict[Any, Any]:
        """What was read within this transaction, which no other process changes meanwhile.

        Outside of a transaction it is empty, and keeps nothing.
        """
        return self._seen if self._now is not None else {}

    @property
    def now(self) -> datetime:
        """The system time that this transaction was given: what due dates are counted from.

        Raises RuntimeError outside a transaction.
        """
        if self._now is None:
            raise RuntimeError("an archive is written inside `archive.transaction(now)`")
        return self._now

    def stamp(self) -> str:
        """Return the time of this transaction, later than `now` only after a clock went back.

        Raises RuntimeError outside a transaction.
        """
        if self._stamp is None:
            row = self._db.conn.execute(
                "UPDATE clock SET latest = max(latest, ?) WHERE id = 1 RETURNING latest",
                (exact(self.now),),
            ).fetchone()
            if row is None:
                raise ArchiveDamaged(_NO_CLOCK)
            self._stamp = str(row[0])
        return self._stamp

    def latest(self) -> datetime | None:
        """Return the newest time in the archive; None in an empty one."""
        row = self._db.conn.execute("SELECT latest FROM clock WHERE id = 1").fetchone()
        if row is None:
            raise ArchiveDamaged(_NO_CLOCK)
        return parsed(row[0])
