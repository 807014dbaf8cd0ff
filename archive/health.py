"""What is wrong with the crawls of an archive, read from it alone: nothing is asked of the sites, nothing is written."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from archive import coverage
from archive.drift import drifts
from archive.incidents import Incident
from archive.reader import Reader
from archive.reasons import sentence
from archive.terminal import human_bytes, plain_time, plural

SHOWN = 5
"""Addresses that an incident names."""
_STOPPED = "shutdown"
"""Someone ended the crawl, or the machine was shut down: neither a failure nor a crawl within the rhythm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is still well."""

    silence: timedelta = timedelta(hours=48)
    """How long a site may be without a crawl that ended by itself."""
    silences: Mapping[str, timedelta] = field(default_factory=dict)
    """The same for single sites, by their rhythm."""
    expected_since: datetime | None = None
    """Since when crawls are to be expected of a site that was never crawled; None: it should have been."""
    lifeless: timedelta = timedelta(hours=2)
    """How long a crawl may run without an answer of its site before it counts as broken."""
    disk_free: int = 1_000_000_000
    """Bytes of room that the archive's file system should have."""
    missing_share: float = coverage.MISSING_SHARE
    """Share of a day's announced stories that may be missing."""
    late: timedelta = coverage.LATE
    days: int = 3
    """Days of coverage that are looked at, today included."""
    zone: ZoneInfo = coverage.ZONE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crawl:
    """A crawl that is over, or still runs."""

    started_at: datetime
    ended_at: datetime | None
    end_reason: str | None


def free_bytes(path: Path) -> int:
    """Room on the file system of the archive."""
    return shutil.disk_usage(path.parent if not path.exists() else path).free


def crawled_sites(archive: Reader) -> list[str]:
    """The sites that were ever crawled."""
    return [site for (site,) in archive.db.conn.execute("SELECT DISTINCT site FROM crawls ORDER BY site")]


def incidents(
    archive: Reader, *, now: datetime, limits: Limits | None = None, sites: Iterable[str] | None = None,
    free: Callable[[Path], int] = free_bytes,
) -> list[Incident]:  # fmt: skip
    """What lasts at `now`, site by site, then what concerns the whole archive; empty where all is well.

    `sites` are all that were ever crawled, where none are given. `free` tells the room on the archive's file system.
    """
    limits = limits or Limits()
    found: list[Incident] = []
    for site in crawled_sites(archive) if sites is None else sites:
        crawls = _crawls(archive, site)
        found += _failed(archive, site, crawls, now, limits)
        found += _silent(site, crawls, now, limits)
        found += _drifted(archive, site)
        found += _lost(archive, site, now, limits)
    room = free(archive.path)
    if room < limits.disk_free:
        why = f"only {human_bytes(room)} are left on the disk; it should have {human_bytes(limits.disk_free)}"
        found.append(Incident(kind="disk", site=None, since=now, why=why))
    return found


def last_crawl(archive: Reader, site: str) -> dict[str, Any] | None:
    """When and how the newest crawl of a site ended: `started_at, ended_at, end_reason`; None where there was none."""
    rows = archive.db.query("SELECT started_at, ended_at, end_reason FROM crawls WHERE site = ? ORDER BY id DESC LIMIT 1", [site])
    return next(iter(rows), None)


def _crawls(archive: Reader, site: str) -> list[_Crawl]:
    """Newest first, those that were stopped left out."""
    rows = archive.db.conn.execute(
        "SELECT started_at, ended_at, end_reason FROM crawls WHERE site = ? AND end_reason IS NOT ? ORDER BY id DESC", (site, _STOPPED)
    )
    return [
        _Crawl(started_at=datetime.fromisoformat(start), ended_at=datetime.fromisoformat(end) if end else None, end_reason=reason)
        for start, end, reason in rows.fetchall()
    ]


def _failed(archive: Reader, site: str, crawls: list[_Crawl], now: datetime, limits: Limits) -> list[Incident]:
    """The last crawl that is over failed, and perhaps others before it."""
    over = [crawl for place, crawl in enumerate(crawls) if place or not _runs(archive, site, crawl, now, limits)]
    failures: list[_Crawl] = []
    for crawl in over:
        if crawl.end_reason == "finished":
            break
        failures.append(crawl)
    if not failures:
        return []
    first, last = failures[-1], failures[0]
    times = "the last crawl" if len(failures) == 1 else f"the last {len(failures)} crawls"
    why = f"{times} failed: {sentence(last.end_reason or 'broke_off')}"
    return [Incident(kind="crawl_failed", site=site, since=first.ended_at or first.started_at, why=why, urls=_failing(archive, site, last))]


def _runs(archive: Reader, site: str, crawl: _Crawl, now: datetime, limits: Limits) -> bool:
    """Whether a crawl that has not written down its end is still at work: there was an answer not long ago."""
    if crawl.ended_at is not None:
        return False
    (answered,) = archive.db.conn.execute("SELECT max(last_checked_at) FROM urls WHERE site = ?", (site,)).fetchone()
    alive = max(crawl.started_at, datetime.fromisoformat(answered)) if answered else crawl.started_at
    return now - alive < limits.lifeless


def _failing(archive: Reader, site: str, crawl: _Crawl) -> tuple[str, ...]:
    """What failed in a crawl: sources first, as a crawl without them finds nothing."""
    rows = archive.db.conn.execute(
        """SELECT url FROM urls WHERE site = ? AND last_checked_at >= ? AND (state = 'failed'
            OR (state = 'source' AND reason NOT IN ('announced', 'no_links', 'not_modified'))) ORDER BY state = 'failed', id LIMIT ?""",
        (site, crawl.started_at.isoformat()[:19], SHOWN),
    )
    return tuple(url for (url,) in rows)


def _silent(site: str, crawls: list[_Crawl], now: datetime, limits: Limits) -> list[Incident]:
    """No crawl ended within the site's rhythm, and none is at work since."""
    limit = limits.silences.get(site, limits.silence)
    newest = max((crawl.ended_at or crawl.started_at for crawl in crawls), default=limits.expected_since)
    if newest is not None and now - newest <= limit:
        return []
    if not crawls:
        since = now if newest is None else newest + limit
        return [Incident(kind="no_crawl", site=site, since=since, why="it was never crawled to the end")]
    assert newest is not None
    hours = limit / timedelta(hours=1)
    why = f"no crawl since {plain_time(newest.isoformat())}; there should be one every {hours:g} hours"
    return [Incident(kind="no_crawl", site=site, since=newest + limit, why=why)]


def _drifted(archive: Reader, site: str) -> list[Incident]:
    return [
        Incident(
            kind="drift", site=site, layout=drift.layout, since=datetime.fromisoformat(drift.since), urls=drift.urls,
            why=f"its pages are not what they were (layout {drift.layout}): {drift.why}",
        )
        for drift in drifts(archive, site=site)
    ]  # fmt: skip


def _lost(archive: Reader, site: str, now: datetime, limits: Limits) -> list[Incident]:
    """Of the last days one announced far less than it should have, or too many of its stories are missing."""
    today = now.astimezone(limits.zone).date()
    recent, unbroken = today - timedelta(days=limits.days - 1), today - timedelta(weeks=4)
    asked: dict[str, Any] = {"last": today, "now": now, "site": site, "zone": limits.zone, "late": limits.late}
    days = coverage.coverage(archive, first=unbroken, missing_share=limits.missing_share, **asked)
    bad = [day for day in days if day.marks and day.day >= recent]
    if not bad:
        return []
    since = bad[0].day
    while any(day.day == since - timedelta(days=1) and day.marks for day in days):
        since -= timedelta(days=1)
    shown = [row["url"] for row in coverage.urls(archive, first=bad[0].day, **asked) if row["outcome"] == "missing"]
    begins = datetime.combine(since, time.min, tzinfo=limits.zone).astimezone(UTC)
    return [
        Incident(kind="coverage", site=site, since=begins, why="; ".join(map(_told, bad)), urls=tuple(dict.fromkeys(shown[:SHOWN])))
    ]  # fmt: skip


def _told(day: coverage.Coverage) -> str:
    parts = []
    if "few" in day.marks:
        parts.append(f"only {plural(day.announced + day.skipped, 'story', 'stories')} announced, usually {day.usual or 0:.0f}")
    if "missing" in day.marks:
        reason, _count = day.reasons.most_common(1)[0]
        parts.append(f"{day.missing} of {plural(day.announced, 'story', 'stories')} missing, mostly as {sentence(reason)}")
    return f"{day.day}: {', '.join(parts)}"
