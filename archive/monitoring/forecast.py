"""When the disk is full, by the growth of the archive's own history."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from archive.archive import Reader
from archive.database.rows import value

WINDOW = 28
"""Days that growth is measured over, at most: four weeks, as weekends are quieter."""
LEAST = 7
"""Days that it takes at least."""
FAR = timedelta(days=36_500)
"""Beyond that no day is named."""

_WRITTEN = """
    SELECT u.site, substr(coalesce(s.kept_at, s.fetched_at), 1, 10) AS day,
            length(s.packed) AS bytes
        FROM snapshots s JOIN urls u ON u.id = s.url_id
    UNION ALL SELECT a.site, substr(r.observed_at, 1, 10), length(CAST(r.body AS BLOB))
        FROM revisions r JOIN articles a ON a.id = r.article_id"""
"""What was written: pages and texts. The rest of the file (indexes, the ledger) grows with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Bytes of the file per day."""

    mean: int
    busiest_week: int
    """The mean of the seven days in a row with the most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How the archive grew, and when the disk is full if it goes on like that."""

    days: int
    """Complete days (UTC) that growth was measured over; the first day of an archive is none of
    them, as its crawls fetch what had been published before.
    """
    since: date | None = None
    until: date | None = None
    growth: Growth | None = None
    """None with less than LEAST days."""
    sites: Mapping[str, Growth] = field(default_factory=dict)
    full_at: datetime | None = None
    """At the mean; None: never, or not within a hundred years."""
    full_at_earliest: datetime | None = None
    """At the pace of the busiest week."""


def forecast(archive: Reader, *, free: int, now: datetime) -> Forecast:
    """Measure the growth until yesterday, and say when `free` bytes of the disk are used up."""
    first = value(archive.db, f"SELECT min(day) FROM ({_WRITTEN})")  # noqa: S608 - constants
    until = now.date() - timedelta(days=1)
    if first is None:
        return Forecast(days=0)
    since = max(date.fromisoformat(first), until - timedelta(days=WINDOW)) + timedelta(days=1)
    days = max(0, (until - since).days + 1)
    if days < LEAST:
        return Forecast(days=days)
    by_site = _by_site(archive, since, days)
    whole = [sum(day) for day in zip(*by_site.values(), strict=True)] or [0.0] * days
    growth = _growth(whole)
    return Forecast(
        days=days,
        since=since,
        until=until,
        growth=growth,
        sites={site: _growth(series) for site, series in sorted(by_site.items())},
        full_at=_full_at(free, growth.mean, now),
        full_at_earliest=_full_at(free, growth.busiest_week, now),
    )


def _by_site(archive: Reader, since: date, days: int) -> dict[str, list[float]]:
    """Return the growth of the file per site, a number per day."""
    used, written = (
        value(archive.db, statement)
        for statement in (
            """SELECT (p.page_count - f.freelist_count) * s.page_size
            FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s""",
            f"SELECT sum(bytes) FROM ({_WRITTEN})",  # noqa: S608 - constants
        )
    )
    found: dict[str, list[float]] = {}
    rows = archive.db.conn.execute(
        f"""SELECT site, julianday(day) - julianday(:since) AS number, sum(bytes)
        FROM ({_WRITTEN}) WHERE number >= 0 AND number < :days GROUP BY 1, 2""",  # noqa: S608
        {"since": since.isoformat(), "days": days},
    )
    for site, number, size in rows:
        found.setdefault(site, [0.0] * days)[int(number)] += size * used / written
    return found


def _growth(series: list[float]) -> Growth:
    weeks = (sum(series[day : day + LEAST]) for day in range(len(series) - LEAST + 1))
    return Growth(mean=round(sum(series) / len(series)), busiest_week=round(max(weeks) / LEAST))


def _full_at(free: int, pace: int, now: datetime) -> datetime | None:
    if pace <= 0 or free / pace > FAR.days:
        return None
    return now + timedelta(days=free / pace)
