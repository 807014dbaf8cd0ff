"""Which sites are due, given when they were last crawled: pure functions of time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from archive.archive import Reader
from scraper.configuration import Configuration
from scraper.configuration.rhythm import CronSchedule
from scraper.spiders import names as all_names

AHEAD = timedelta(hours=1)
"""How far two computers' clocks may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCrawl:
    """The newest crawls of a site in the archive."""

    started_at: datetime
    """When the newest began, however it was started and however it ended."""
    ended_at: datetime | None
    """When it ended; None if it is running, or was killed and that is not recorded yet."""
    end_reason: str | None
    """Why it ended; None as for `ended_at`."""
    finished_at: datetime | None
    """When the newest one that finished began; None if none did."""

    def began(self, now: datetime) -> datetime | None:
        """Return when the newest began; None if in the future, as the clock was wrong then."""
        return _past(self.started_at, now)

    def finished(self, now: datetime) -> datetime | None:
        """Return when the newest that finished began; None as for `began`, or if none did."""
        return _past(self.finished_at, now)


def _past(at: datetime | None, now: datetime) -> datetime | None:
    return None if at is None or at > now + AHEAD else at


def last_crawls(archive: Reader) -> dict[str, LastCrawl]:
    """Return the newest crawls of each site that was ever crawled."""
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

    A site is due if it was never crawled, or if a run of its rhythm has passed since its last crawl
    began. So missed runs are coalesced into one crawl, and a run that comes during a crawl follows
    it.
    """

    rhythms: Mapping[str, CronSchedule]
    backfill: Mapping[str, int]
    """Days that a crawl of a site walks back at most."""

    @classmethod
    def of(cls, configuration: Configuration, names: Sequence[str] | None = None) -> Self:
        """Return the timetable of the sites that the configuration enables, of all by default.

        Those whose profiles are broken are among them: they fail, as health reports then, and are
        crawled as soon as their files are mended.
        """
        names = all_names() if names is None else names
        schedule = configuration.schedule
        zone = ZoneInfo(schedule.timezone)
        own = {name: configuration.of_site(name) for name in configuration.enabled(names)}
        return cls(
            rhythms={
                name: CronSchedule(
                    site=name,
                    crontab=keys.schedule or schedule.rhythm,
                    zone=zone,
                    jitter=schedule.jitter,
                )
                for name, keys in own.items()
            },
            backfill={name: keys.backfill_days or 0 for name, keys in own.items()},
        )

    def next_run(self, site: str, last: datetime | None, now: datetime) -> datetime:
        """Return when the site is crawled next; `now` if it is due."""
        return max(now, self._run_after(site, last))

    def due(
        self, now: datetime, last: Mapping[str, datetime], under_way: Collection[str] = ()
    ) -> list[str]:
        """Return the sites to crawl now, longest overdue first; `last`: start of last crawls."""
        waiting = [site for site in self.rhythms if site not in under_way]
        runs = sorted((self._run_after(site, last.get(site)), site) for site in waiting)
        return [site for run, site in runs if run <= now]

    def wake_at(
        self, now: datetime, last: Mapping[str, datetime], under_way: Collection[str] = ()
    ) -> datetime | None:
        """Return when a site that is not being crawled is due next; None if all are."""
        waiting = [site for site in self.rhythms if site not in under_way]
        return min((self.next_run(site, last.get(site), now) for site in waiting), default=None)

    def _run_after(self, site: str, last: datetime | None) -> datetime:
        """Return a time in UTC: within a zone, Python compares repeated hours as one."""
        if last is None:
            return datetime.min.replace(tzinfo=UTC)
        return self.rhythms[site].next_after(last).astimezone(UTC)

    def silences(self) -> dict[str, timedelta]:
        """Return how long each site may be without a crawl: one run may be lost, not two."""
        return {site: 2 * rhythm.longest_gap() for site, rhythm in self.rhythms.items()}

    def since(self, site: str, last: LastCrawl | None, now: datetime) -> date | None:
        """Return the day that a crawl walks back to; None if no earlier day needs it.

        That is the day of the last finished crawl, within the backfill: sources announce only the
        newest stories, those of a day without a crawl are in dated indexes and sitemaps.
        """
        days, zone = self.backfill.get(site, 0), self.rhythms[site].zone
        if not days:
            return None
        today = now.astimezone(zone).date()
        earliest = today - timedelta(days=days)
        if last is None or (finished := last.finished(now)) is None:
            return earliest
        day = finished.astimezone(zone).date()
        return None if day >= today else max(day, earliest)
