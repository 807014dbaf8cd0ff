"""Which sites are due, from when they were last crawled: pure functions of time, as a simulated
month drives them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from archive.archive import Reader
from scraper.configuration import Configuration
from scraper.configuration.rhythm import Rhythm, checked


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCrawl:
    """What the archive says of the crawls of a site."""

    started_at: datetime
    """Of the newest, however it was started and however it ended."""
    ended_at: datetime | None
    """Of the newest; None where it goes on, or was killed and nobody has looked since."""
    end_reason: str | None
    finished_at: datetime | None
    """When the newest one began that finished by itself; None where none did."""

    def began(self, now: datetime) -> datetime | None:
        """When the newest began; None where that lies in the future: a clock was ahead once, and
        nobody knows when it was.
        """
        return _past(self.started_at, now)

    def finished(self, now: datetime) -> datetime | None:
        """The same of the newest that finished."""
        return _past(self.finished_at, now)


AHEAD = timedelta(hours=1)
"""How far two computers' clocks may be apart."""


def _past(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment is not None and moment <= now + AHEAD else None


def last_crawls(archive: Reader) -> dict[str, LastCrawl]:
    """The newest crawls of each site that was ever crawled."""
    found: dict[str, LastCrawl] = {}
    for site in archive.crawls.sites():
        newest, finished = archive.crawls.newest(site), archive.crawls.newest_finished(site)
        assert newest is not None
        found[site] = LastCrawl(
            started_at=newest.started_at,
            ended_at=newest.ended_at,
            end_reason=newest.end_reason,
            finished_at=finished.started_at if finished else None,
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """The rhythms of the sites that are crawled.

    A site is due when a run of its rhythm has passed since its last crawl began, or when it was
    never crawled: so runs that were missed are made up for by one crawl, and a run that came while
    the site was being crawled by one right after it.
    """

    rhythms: Mapping[str, Rhythm]
    backfill: Mapping[str, int]
    """Days that a crawl of a site walks back at most."""

    @classmethod
    def of(cls, configuration: Configuration, sites: Sequence[str]) -> Self:
        """The timetable of the sites that the configuration leaves on."""
        schedule, names = configuration.schedule, configuration.enabled(sites)
        zone = ZoneInfo(schedule.timezone)
        own = {name: configuration.of_site(name) for name in names}
        return cls(
            rhythms={
                name: Rhythm(
                    site=name,
                    crontab=checked(keys.schedule or schedule.rhythm),
                    zone=zone,
                    jitter=schedule.jitter,
                )
                for name, keys in own.items()
            },
            backfill={name: keys.backfill_days or 0 for name, keys in own.items()},
        )

    def next_run(self, site: str, last: datetime | None, now: datetime) -> datetime:
        """When the site is crawled next: `now` where it is due."""
        return now if last is None else max(now, self._run_after(site, last))

    def due(
        self, now: datetime, last: Mapping[str, datetime], under_way: Collection[str] = ()
    ) -> list[str]:
        """Sites to crawl now, the one that has waited longest first; `last`: when their last crawls
        began.
        """
        runs = {
            site: self._run_after(site, last[site]) if site in last else None
            for site in self.rhythms
        }
        due = [
            (run is not None, run or now, site)
            for site, run in runs.items()
            if site not in under_way and (run is None or run <= now)
        ]
        return [site for _known, _run, site in sorted(due)]

    def wake_at(
        self, now: datetime, last: Mapping[str, datetime], under_way: Collection[str] = ()
    ) -> datetime | None:
        """When a site is due next that is not under way; None where all are."""
        return min(
            (
                self.next_run(site, last.get(site), now)
                for site in self.rhythms
                if site not in under_way
            ),
            default=None,
        )

    def _run_after(self, site: str, last: datetime) -> datetime:
        """In UTC: of two moments in a zone Python compares what the clock on the wall shows, which
        in autumn it shows twice.
        """
        return self.rhythms[site].next_after(last).astimezone(UTC)

    def silences(self) -> dict[str, timedelta]:
        """How long each site may be without a crawl: one run may be lost, the next may not."""
        return {site: 2 * rhythm.longest_gap() for site, rhythm in self.rhythms.items()}

    def since(self, site: str, last: LastCrawl | None, now: datetime) -> date | None:
        """The day that a crawl walks back to: that of the last one that finished, if that is over,
        or the whole backfill at first.

        A source tells of the newest stories only; those of a day without a crawl stand in dated
        indexes and sitemaps.
        """
        days, zone = self.backfill.get(site, 0), self.rhythms[site].zone
        if not days:
            return None
        today = now.astimezone(zone).date()
        earliest = today - timedelta(days=days)
        finished = last.finished(now) if last is not None else None
        if finished is None:
            return earliest
        day = finished.astimezone(zone).date()
        return max(day, earliest) if day < today else None
