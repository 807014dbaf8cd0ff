"""Health: what is wrong with the crawls of an archive, read from the archive alone."""

import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from archive.archive import Reader
from archive.database.clock import exact, parsed
from archive.database.rows import column, value
from archive.ledger.crawls import BROKE_OFF, CrawlRun
from archive.ledger.wording import (
    Sentence,
    human_bytes,
    joined,
    plain_duration,
    plain_time,
    plural,
    sentence,
    word,
    worded,
)
from archive.monitoring import coverage
from archive.monitoring.alert_log import lasting
from archive.monitoring.drift import drifts
from archive.monitoring.incidents import Incident
from archive.monitoring.network import Failure, Outage, outages

SHOWN = 5
"""URLs that an incident names."""
AHEAD = timedelta(hours=1)
"""How far the archive's clock may be ahead of the system clock."""
ENOUGH = 1.1
"""Multiple of the required space at which a full disk is over, so that it does not flap."""
LIFELESS = timedelta(hours=2)
"""How long a crawl may run without a response from its site before it counts as broken."""
WRONG_PAGES = ("same_body_elsewhere", "names_another_story", "challenge_page")
"""Reasons by which a page is not the story of its address."""
FEW_WRONG = 2
"""Such pages that may be the site's own doing: a repeat under another headline, a wrong link."""
WATCHED_DAYS = 3
"""Days of coverage that are watched, today included."""
_STOPPED = "shutdown"
"""Someone ended the crawl, or the machine was shut down: neither a failure nor a crawl on time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Health thresholds."""

    silence: timedelta = timedelta(hours=48)
    """How long a site may be without a crawl; a stopped one does not count, a running one does."""
    silences: Mapping[str, timedelta] = field(default_factory=dict)
    """As `silence`, for single sites, by their schedule."""
    expected_since: datetime | None = None
    """Since when a site that was never crawled should have been; None: always."""
    disk_free: int = 1_000_000_000
    """Bytes that should be free on the archive's file system."""
    missing_share: float = coverage.MISSING_SHARE
    """Share of a day's announced stories that may be missing, 0 to 1."""
    alone: timedelta = timedelta()
    """How long it is held back that one site cannot be reached while no other one was tried since:
    the network may be down."""
    zone: ZoneInfo = coverage.ZONE
    """Time zone of days, and of times in sentences."""


def free_bytes(path: Path) -> int:
    """Return the free space on the file system of the archive."""
    return shutil.disk_usage(path if path.exists() else path.parent).free


def last_crawl(archive: Reader, site: str) -> dict[str, Any] | None:
    """Return `started_at, ended_at, end_reason` of the newest crawl of a site; None without one."""
    newest = archive.crawls.newest(site)
    if newest is None:
        return None
    return {
        "started_at": exact(newest.started_at),
        "ended_at": newest.ended_at and exact(newest.ended_at),
        "end_reason": newest.end_reason,
    }


def incidents(
    archive: Reader,
    *,
    now: datetime,
    limits: Limits | None = None,
    sites: Iterable[str] | None = None,
    free: Callable[[Path], int] = free_bytes,
    count: coverage.Count = coverage.counts,
) -> list[Incident]:
    """Return the ongoing incidents, by site, then those of the whole archive; empty if all is well.

    Reported coverage losses that have ended are included, with `over` set. `sites` defaults to
    all that were ever crawled; `free` returns the free space on the archive's file system.
    """
    limits = limits or Limits()
    noted = lasting(archive.db)
    found: list[Incident] = []
    names = archive.crawls.sites() if sites is None else list(sites)
    crawls = {name: _crawls(archive, name) for name in names}
    down = outages(archive, crawls)
    excused = set(_excused(down, noted, several=len(names) > 1, alone=limits.alone, now=now))
    site_of = partial(_Site, archive=archive, now=now, limits=limits, count=count)
    for name in names:
        site = site_of(name=name, crawls=crawls[name])
        found += [*site.failed(excused), *site.silent(), *site.drifted(), *site.wrong_pages()]
        found += site.lost(noted)
    found += _network(down)
    found += _ahead(archive, now, limits.zone)
    found += _disk(free(archive.path), limits, noted, now)
    return found


def _excused(
    down: Sequence[Outage],
    noted: Sequence[Incident],
    *,
    several: bool,
    alone: timedelta,
    now: datetime,
) -> Iterator[Failure]:
    """Yield the failures of the network, but for those that were reported as a site's; with
    `several` sites also that of one for as long as others may follow.
    """
    reported = {one.site for one in noted if one.kind == "crawl_failed"}
    for outage in down:
        if len(outage.sites) > 1 or (several and outage.is_young(now, alone)):
            yield from (each for each in outage.failures if each.site not in reported)


def _disk(
    space: int, limits: Limits, noted: Sequence[Incident], now: datetime
) -> Iterator[Incident]:
    """Report a disk with too little space; one that was reported needs some more to be over."""
    required = limits.disk_free
    if any(each.kind == "disk" for each in noted):
        required = round(required * ENOUGH)
    if space < required:
        why = worded(
            "the disk has only {free} free; {required} are required",
            free=human_bytes(space),
            required=human_bytes(required),
        )
        yield Incident(kind="disk", site=None, since=now, why=why)


def _network(down: Sequence[Outage]) -> Iterator[Incident]:
    """Report that no site can be reached: one incident in place of one per site."""
    for outage in down[-1:]:
        if len(outage.sites) > 1 and not outage.over:
            since = outage.failures[0].at
            yield Incident(kind="network_down", site=None, since=since, why=outage.why)


def _ahead(archive: Reader, now: datetime, zone: ZoneInfo) -> Iterator[Incident]:
    """Report a system clock that was far ahead once: no site seems silent until then."""
    latest = archive.clock.latest()
    if latest is not None and latest - now > AHEAD:
        why = worded(
            "the archive's clock is ahead: its newest entry is dated {time};"
            " until then every new entry gets that time, and missing crawls are not noticed",
            time=plain_time(latest, zone),
        )
        yield Incident(kind="clock", site=None, since=now, why=why)


def _crawls(archive: Reader, site: str) -> list[CrawlRun]:
    """Return a site's crawls since the last one that finished, newest first, but stopped ones."""
    crawls = archive.crawls.since_finished(site)
    return [crawl for crawl in crawls if crawl.end_reason != _STOPPED]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """The health of one site."""

    archive: Reader
    name: str
    crawls: Sequence[CrawlRun]
    """Since the last one that finished, newest first, without stopped ones."""
    now: datetime
    limits: Limits
    count: coverage.Count
    """Of the stories per day."""

    def failed(self, excused: Collection[Failure]) -> Iterator[Incident]:
        """Report the last crawls that are over, if they failed, but for failures of the network."""
        known = {failure.at for failure in excused if failure.site == self.name}
        over = [
            crawl
            for crawl in self.crawls
            if not self._running(crawl) and crawl.ended_at not in known
        ]
        failures = list(takewhile(lambda crawl: crawl.end_reason != "finished", over))
        if failures:
            last, count = failures[0], len(failures)
            why = worded(
                "the last crawl failed: {reason}"
                if count == 1
                else "the last {count} crawls failed: {reason}",
                count=count,
                reason=sentence(last.end_reason or BROKE_OFF),
            )
            urls = self._failed_urls(last)
            yield self._incident("crawl_failed", _ended(failures[-1]), why, urls)

    def silent(self) -> Iterator[Incident]:
        """Report that no crawl ended in time and none is running."""
        if any(map(self._running, self.crawls)):
            return
        limit = self.limits.silences.get(self.name, self.limits.silence)
        newest = max(map(_ended, self.crawls), default=self.limits.expected_since)
        if newest is not None and self.now - newest <= limit:
            return
        since = self.now if newest is None else newest + limit
        why = worded("it was never crawled")
        if self.crawls:
            why = worded(
                "no crawl since {time}; there should be one at least every {limit}",
                time=plain_time(newest, self.limits.zone),
                limit=plain_duration(limit),
            )
        yield self._incident("no_crawl", since, why)

    def drifted(self) -> Iterator[Incident]:
        """Report the ongoing drifts."""
        for drift in drifts(self.archive, site=self.name):
            since = datetime.fromisoformat(drift.since)
            why = worded(
                "its pages have changed (layout {layout}): {why}",
                layout=drift.layout,
                why=drift.why,
            )
            yield self._incident("drift", since, why, drift.urls, layout=drift.layout)

    def wrong_pages(self) -> Iterator[Incident]:
        """Report that a site answers with one page for many stories: a cache, a captcha."""
        # The unary plus keeps SQLite from indexes of every address in place of the failed ones'.
        rows = self.archive.db.conn.execute(
            """SELECT url, reason, last_checked_at FROM urls
            WHERE state = 'failed' AND reason IN (?, ?, ?) AND site = ?
                AND +next_check_at IS NOT NULL ORDER BY +last_checked_at, id""",
            (*WRONG_PAGES, self.name),
        ).fetchall()
        if len(rows) <= FEW_WRONG:
            return
        ((reason, _count),) = Counter(reason for _url, reason, _at in rows).most_common(1)
        why = worded(
            "{count} pages are not the story of their address, and are requested again;"
            " most often: {reason}",
            count=len(rows),
            reason=sentence(reason),
        )
        since = datetime.fromisoformat(rows[0][2])
        yield self._incident("wrong_pages", since, why, tuple(url for url, *_ in rows[:SHOWN]))

    def lost(self, noted: Sequence[Incident]) -> Iterator[Incident]:
        """Report days of few announcements or many missing stories, and how noted ones ended."""
        zone = self.limits.zone
        today = self.now.astimezone(zone).date()
        recent = today - timedelta(days=WATCHED_DAYS - 1)
        known = {
            each.day
            for each in noted
            if (each.kind, each.site) == ("coverage", self.name) and each.day is not None
        }
        period = coverage.Period(first=min(known | {recent}), last=today, now=self.now, zone=zone)
        share = self.limits.missing_share
        days = coverage.coverage(
            self.archive, period, only=[self.name], missing_share=share, count=self.count
        )
        bad = [day for day in days if day.marks and day.day >= recent]
        missing: dict[str, list[str]] = {}
        for row in coverage.urls(self.archive, period, only=[self.name]) if bad else ():
            if row["outcome"] == "missing":
                missing.setdefault(row["day"], []).append(row["url"])
        for day in bad:
            yield self._loss(day, _shortfall(day, "are"), missing.get(day.day.isoformat(), []))
        for day in days:
            if day.day in known and day not in bad:
                yield replace(self._loss(day, _outcome(day)), over=True)

    def _running(self, crawl: CrawlRun) -> bool:
        """Whether this is the newest crawl, has no end, and had a response not long ago."""
        if crawl.end_reason is not None or crawl is not self.crawls[0]:
            return False
        last = "SELECT max(last_checked_at) FROM urls WHERE site = ?"
        answered = parsed(value(self.archive.db, last, self.name))
        return self.now - max(crawl.started_at, answered or crawl.started_at) < LIFELESS

    def _failed_urls(self, crawl: CrawlRun) -> tuple[str, ...]:
        """Return what failed in a crawl: sources first, as a crawl finds nothing without them."""
        urls = column(
            self.archive.db,
            """SELECT url FROM urls WHERE site = ? AND last_checked_at >= ? AND (state = 'failed'
                OR (state = 'source' AND reason NOT IN
                    ('announced', 'too_many_links', 'no_links', 'not_modified')))
            ORDER BY state = 'failed', id LIMIT ?""",
            self.name,
            crawl.started_at.isoformat()[:19],
            SHOWN,
        )
        return tuple(urls)

    def _loss(self, day: coverage.Coverage, why: str, urls: Sequence[str] = ()) -> Incident:
        midnight = datetime.combine(day.day, time.min, tzinfo=self.limits.zone).astimezone(UTC)
        shown = tuple(dict.fromkeys(urls))[:SHOWN]
        why = worded("{day}: {why}", day=day.day, why=why)
        return self._incident("coverage", midnight, why, shown, day=day.day)

    def _incident(
        self, kind: str, since: datetime, why: str, urls: tuple[str, ...] = (), **place: Any
    ) -> Incident:
        return Incident(kind=kind, site=self.name, since=since, why=why, urls=urls, **place)


def _ended(crawl: CrawlRun) -> datetime:
    """Return when a crawl ended; when it started if it has no end or was killed, as its end is then
    when that was noticed.
    """
    if crawl.ended_at is None or crawl.end_reason == BROKE_OFF:
        return crawl.started_at
    return crawl.ended_at


def _shortfall(day: coverage.Coverage, verb: str) -> Sentence:
    stories, parts = ("story", "stories"), []
    if "few" in day.marks:
        announced = plural(day.announced + day.skipped, *stories)
        usual = f"{day.usual or 0:.0f}"
        parts.append(
            worded("only {announced} announced, usually {usual}", announced=announced, usual=usual)
        )
    if "missing" in day.marks:
        ((reason, _count),) = day.reasons.most_common(1)
        lost = worded(
            "{missing} of {announced} {are} missing, mostly because {reason}",
            are=word(verb),
            missing=day.missing,
            announced=plural(day.announced, *stories),
            reason=sentence(reason),
        )
        parts.append(lost)
    return joined(parts, ", ")


def _outcome(day: coverage.Coverage) -> Sentence:
    """Return how a loss ended: mended, or still there on a day that is no longer watched."""
    if day.marks:
        return worded("no longer watched; {loss}", loss=_shortfall(day, "remain"))
    announced = plural(day.announced, "story", "stories")
    return worded(
        "{kept} of {announced} are in the archive now", kept=day.kept, announced=announced
    )
