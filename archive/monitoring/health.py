"""What is wrong with the crawls of an archive, read from it alone: nothing is asked of the sites,
nothing is written.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from archive.archive import Reader
from archive.database.clock import exact
from archive.ledger.wording import human_bytes, plain_duration, plain_time, plural, sentence
from archive.monitoring import coverage
from archive.monitoring.alert_log import lasting
from archive.monitoring.drift import drifts
from archive.monitoring.incidents import Incident

SHOWN = 5
"""Addresses that an incident names."""
AHEAD = timedelta(hours=1)
"""How far the archive's clock may be before the computer's."""
ENOUGH = 1.1
"""Times the room that the disk should have: from there on a full disk is over. Room that wavers is
one incident.
"""
_STOPPED = "shutdown"
"""Someone ended the crawl, or the machine was shut down: neither a failure nor a crawl within the
rhythm.
"""
_KILLED = "broke_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is still well."""

    silence: timedelta = timedelta(hours=48)
    """How long a site may be without a crawl; one that someone stopped does not count, one that
    runs does.
    """
    silences: Mapping[str, timedelta] = field(default_factory=dict)
    """The same for single sites, by their rhythm."""
    expected_since: datetime | None = None
    """Since when crawls are to be expected of a site that was never crawled; None: it should have
    been.
    """
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
    """None for one that was killed, too: its row tells when that was noticed."""
    end_reason: str | None


def free_bytes(path: Path) -> int:
    """Room on the file system of the archive."""
    return shutil.disk_usage(path.parent if not path.exists() else path).free


def crawled_sites(archive: Reader) -> list[str]:
    """The sites that were ever crawled."""
    return archive.crawls.sites()


def incidents(
    archive: Reader,
    *,
    now: datetime,
    limits: Limits | None = None,
    sites: Iterable[str] | None = None,
    free: Callable[[Path], int] = free_bytes,
) -> list[Incident]:
    """What lasts at `now`, site by site, then what concerns the whole archive; empty where all is
    well. What was told and lasts no longer is among it where there are words for how it ended
    (`over`).

    `sites` are all that were ever crawled, where none are given. `free` tells the room on the
    archive's file system.
    """
    limits = limits or Limits()
    found: list[Incident] = []
    noted = lasting(archive.db)
    for site in crawled_sites(archive) if sites is None else sites:
        crawls = _crawls(archive, site)
        found += _failed(archive, site, crawls, now, limits)
        found += _silent(archive, site, crawls, now, limits)
        found += _drifted(archive, site)
        found += _lost(archive, site, now, limits, noted)
    found += _ahead(archive, now, limits.zone)
    wanted = round(limits.disk_free * (ENOUGH if any(each.kind == "disk" for each in noted) else 1))
    room = free(archive.path)
    if room < wanted:
        why = f"only {human_bytes(room)} are left on the disk; it should have {human_bytes(wanted)}"
        found.append(Incident(kind="disk", site=None, since=now, why=why))
    return found


def _ahead(archive: Reader, now: datetime, zone: ZoneInfo) -> list[Incident]:
    """A computer's clock was far ahead once: what is written until then bears that moment, and
    nobody seems to be silent.
    """
    latest = archive.clock.latest()
    if latest is None or latest - now <= AHEAD:
        return []
    moment = plain_time(latest, zone)
    why = f"the archive's clock is ahead: it was last written at {moment}; until then all times in it are that one, and silence is not seen"
    return [Incident(kind="clock", site=None, since=now, why=why)]


def last_crawl(archive: Reader, site: str) -> dict[str, Any] | None:
    """When and how the newest crawl of a site ended: `started_at, ended_at, end_reason`; None where
    there was none.
    """
    newest = archive.crawls.newest(site)
    if newest is None:
        return None
    return {
        "started_at": exact(newest.started_at),
        "ended_at": exact(newest.ended_at) if newest.ended_at else None,
        "end_reason": newest.end_reason,
    }


def _crawls(archive: Reader, site: str) -> list[_Crawl]:
    """Newest first, back to the last one that finished; those that were stopped left out."""
    return [
        _Crawl(
            started_at=crawl.started_at,
            ended_at=None if crawl.end_reason == _KILLED else crawl.ended_at,
            end_reason=crawl.end_reason,
        )
        for crawl in archive.crawls.since_finished(site)
        if crawl.end_reason != _STOPPED
    ]


def _failed(
    archive: Reader, site: str, crawls: list[_Crawl], now: datetime, limits: Limits
) -> list[Incident]:
    """The last crawl that is over failed, and perhaps others before it."""
    over = [
        crawl
        for place, crawl in enumerate(crawls)
        if place or not _runs(archive, site, crawl, now, limits)
    ]
    failures: list[_Crawl] = []
    for crawl in over:
        if crawl.end_reason == "finished":
            break
        failures.append(crawl)
    if not failures:
        return []
    first, last = failures[-1], failures[0]
    times = "the last crawl" if len(failures) == 1 else f"the last {len(failures)} crawls"
    why = f"{times} failed: {sentence(last.end_reason or _KILLED)}"
    return [
        Incident(
            kind="crawl_failed",
            site=site,
            since=first.ended_at or first.started_at,
            why=why,
            urls=_failing(archive, site, last),
        )
    ]


def _runs(archive: Reader, site: str, crawl: _Crawl, now: datetime, limits: Limits) -> bool:
    """Whether a crawl that has not written down its end is still at work: there was an answer not
    long ago.
    """
    if crawl.end_reason is not None:
        return False
    (answered,) = archive.db.conn.execute(
        "SELECT max(last_checked_at) FROM urls WHERE site = ?", (site,)
    ).fetchone()
    alive = (
        max(crawl.started_at, datetime.fromisoformat(answered)) if answered else crawl.started_at
    )
    return now - alive < limits.lifeless


def _failing(archive: Reader, site: str, crawl: _Crawl) -> tuple[str, ...]:
    """What failed in a crawl: sources first, as a crawl without them finds nothing."""
    rows = archive.db.conn.execute(
        """SELECT url FROM urls WHERE site = ? AND last_checked_at >= ? AND (state = 'failed'
            OR (state = 'source' AND reason NOT IN ('announced', 'no_links', 'not_modified'))) ORDER BY state = 'failed', id LIMIT ?""",
        (site, crawl.started_at.isoformat()[:19], SHOWN),
    )
    return tuple(url for (url,) in rows)


def _silent(
    archive: Reader, site: str, crawls: list[_Crawl], now: datetime, limits: Limits
) -> list[Incident]:
    """No crawl ended within the site's rhythm, and none is at work."""
    if crawls and _runs(archive, site, crawls[0], now, limits):
        return []
    limit = limits.silences.get(site, limits.silence)
    newest = max(
        (crawl.ended_at or crawl.started_at for crawl in crawls), default=limits.expected_since
    )
    if newest is not None and now - newest <= limit:
        return []
    if not crawls:
        since = now if newest is None else newest + limit
        return [Incident(kind="no_crawl", site=site, since=since, why="it was never crawled")]
    assert newest is not None
    why = f"no crawl since {plain_time(newest, limits.zone)}; there should be one within {plain_duration(limit)}"
    return [Incident(kind="no_crawl", site=site, since=newest + limit, why=why)]


def _drifted(archive: Reader, site: str) -> list[Incident]:
    return [
        Incident(
            kind="drift",
            site=site,
            layout=drift.layout,
            since=datetime.fromisoformat(drift.since),
            urls=drift.urls,
            why=f"its pages are not what they were (layout {drift.layout}): {drift.why}",
        )
        for drift in drifts(archive, site=site)
    ]


def _lost(
    archive: Reader, site: str, now: datetime, limits: Limits, noted: Sequence[Incident]
) -> list[Incident]:
    """The last days that announced far less than they should have, or too many of whose stories are
    missing; and those that were told of before and are over, with the words for it: a loss ends
    when it is mended, or when its day is no longer watched.
    """
    today = now.astimezone(limits.zone).date()
    recent = today - timedelta(days=limits.days - 1)
    known = {
        each.day
        for each in noted
        if (each.kind, each.site) == ("coverage", site) and each.day is not None
    }
    asked: dict[str, Any] = {
        "last": today,
        "now": now,
        "site": site,
        "zone": limits.zone,
        "late": limits.late,
    }
    days = coverage.coverage(
        archive, first=min(known | {recent}), missing_share=limits.missing_share, **asked
    )
    bad = [day for day in days if day.marks and day.day >= recent]
    missing = (
        [
            row
            for row in coverage.urls(archive, first=bad[0].day, **asked)
            if row["outcome"] == "missing"
        ]
        if bad
        else []
    )
    over = [day for day in days if day.day in known and day not in bad]
    return [
        *(
            _loss(
                day,
                limits.zone,
                _told(day),
                [row["url"] for row in missing if row["day"] == day.day.isoformat()],
            )
            for day in bad
        ),
        *(replace(_loss(day, limits.zone, _ended(day)), over=True) for day in over),
    ]


def _loss(day: coverage.Coverage, zone: ZoneInfo, why: str, urls: Sequence[str] = ()) -> Incident:
    begins = datetime.combine(day.day, time.min, tzinfo=zone).astimezone(UTC)
    shown = tuple(dict.fromkeys(urls))[:SHOWN]
    return Incident(
        kind="coverage",
        site=day.site,
        day=day.day,
        since=begins,
        why=f"{day.day}: {why}",
        urls=shown,
    )


def _told(day: coverage.Coverage, verb: str = "") -> str:
    parts = []
    if "few" in day.marks:
        parts.append(
            f"only {plural(day.announced + day.skipped, 'story', 'stories')} announced, usually {day.usual or 0:.0f}"
        )
    if "missing" in day.marks:
        reason, _count = day.reasons.most_common(1)[0]
        parts.append(
            f"{day.missing} of {plural(day.announced, 'story', 'stories')} {verb}missing, mostly as {sentence(reason)}"
        )
    return ", ".join(parts)


def _ended(day: coverage.Coverage) -> str:
    """Of a day without marks that the loss is mended; of another one that nobody looks at it any
    more.
    """
    if day.marks:
        return f"no longer watched; {_told(day, 'stay ')}"
    return f"{day.kept} of {plural(day.announced, 'story', 'stories')} are in the archive now"
