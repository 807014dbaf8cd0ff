"""When a site is crawled: a crontab in a time zone, later by a delay of its own. Pure functions of time; the calendar is APScheduler's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from scraper.crontab import WEEKDAYS, Crontab

_INSTANT = timedelta(microseconds=1)

# Any eight years in a row have a leap year and each day of the month on each weekday that it ever has.
_TRIED = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2052, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """The runs of one site.

    Each run is `jitter` seconds late at most, so that a schedule does not ask five sites at the very same second of each
    hour; how late is a function of the site and the run, so that a schedule that is started anew says the same.
    """

    site: str
    crontab: Crontab
    zone: ZoneInfo
    jitter: float = 0.0
    """Seconds."""

    def next_after(self, moment: datetime) -> datetime:
        """The first run of the crontab after `moment`, with its delay, in the site's zone.

        It is the crontab's time that lies after `moment`: a crawl that was started by hand just before its run makes up for
        no run, one that was started within a run's delay does.
        """
        planned = self.planned_after(moment)
        return planned + timedelta(seconds=self.delay_of(planned))

    def planned_after(self, moment: datetime) -> datetime:
        """The same without the delay."""
        fires = (trigger.get_next_fire_time(None, moment + _INSTANT) for trigger in _triggers(self.crontab, self.zone))
        found: datetime = min(fire for fire in fires if fire is not None)
        return found

    def delay_of(self, planned: datetime) -> float:
        """Seconds from 0 up to the jitter, the same whenever it is asked."""
        digest = sha256(f"{self.site} {planned.astimezone(UTC).isoformat()}".encode()).digest()
        return self.jitter * int.from_bytes(digest[:8], "big") / 2**64

    def runs(self, moment: datetime) -> Iterator[datetime]:
        """All runs after `moment`."""
        planned = moment
        while True:
            planned = self.planned_after(planned)
            yield planned + timedelta(seconds=self.delay_of(planned))

    def longest_gap(self) -> timedelta:
        """The longest time between two runs, whenever; the delay of the later one included."""
        return _longest_gap(self.crontab) + timedelta(seconds=self.jitter)


@lru_cache(maxsize=64)
def _longest_gap(crontab: Crontab) -> timedelta:
    """By the clock on the wall: an hour that it skips or repeats is left out of account."""
    times = sorted(timedelta(hours=hour, minutes=minute) for hour in crontab.hours for minute in crontab.minutes)
    first, last = (day.date() for day in _TRIED)
    days = [day for day in (first + timedelta(days=number) for number in range((last - first).days)) if crontab.names(day)]
    within = max((later - sooner for sooner, later in pairwise(times)), default=timedelta())
    between = max(later - sooner for sooner, later in pairwise(days)) - times[-1] + times[0]
    return max(within, between)


@lru_cache(maxsize=256)
def _triggers(crontab: Crontab, zone: ZoneInfo) -> tuple[CronTrigger, ...]:
    """APScheduler counts weekdays from Monday and wants day and weekday to agree: it is given names, and one trigger for each.

    Triggers that can never fire are left out: asked for their next time they would search until the year 9999.
    """
    first, last = _TRIED
    found = []
    for days, weekdays in crontab.calendars():
        given = {
            "minute": _listed(crontab.minutes), "hour": _listed(crontab.hours), "day": _listed(days), "month": _listed(crontab.months),
            "day_of_week": ",".join(WEEKDAYS[day] for day in sorted(weekdays)), "second": "0", "timezone": zone,
        }  # fmt: skip
        if CronTrigger(**given, end_date=last).get_next_fire_time(None, first) is not None:
            found.append(CronTrigger(**given))
    return tuple(found)


def _listed(numbers: frozenset[int]) -> str:
    return ",".join(map(str, sorted(numbers)))


@lru_cache(maxsize=64)
def checked(text: str) -> Crontab:
    """The crontab of a text; raises ValueError with a sentence where it is none, or can never run."""
    crontab = Crontab.read(text)
    if not _triggers(crontab, ZoneInfo("UTC")):
        raise ValueError(f"{crontab.text!r} can never run: no month of it has such a day")
    return crontab
