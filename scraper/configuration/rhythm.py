"""When a site is crawled: a crontab in a time zone, later by a delay of its own. Pure functions of
time; the calendar is APScheduler's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from scraper.configuration.crontab import WEEKDAYS, Crontab

_INSTANT = timedelta(microseconds=1)
_DAY = timedelta(days=1)

# Any eight years in a row have a leap year and each day of the month on each weekday that it ever
# has.
_TRIED = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2052, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """The runs of one site.

    Each run is `jitter` seconds late at most, so that a schedule does not ask five sites at the
    very same second of each hour; how late is a function of the site and the run, so that a
    schedule that is started anew says the same.
    """

    site: str
    crontab: Crontab
    zone: ZoneInfo
    jitter: float = 0.0
    """Seconds."""

    def next_after(self, moment: datetime) -> datetime:
        """The first run of the crontab after `moment`, with its delay, in the site's zone.

        It is the crontab's time that lies after `moment`: a crawl that was started by hand just
        before its run makes up for no run, one that was started within a run's delay does.
        """
        return self._late(self.planned_after(moment))

    def planned_after(self, moment: datetime) -> datetime:
        """The same without the delay.

        As cron has it where clocks change: runs of hours that are skipped are made up for by one
        when they have been, those of hours that are repeated come once; but a crontab of all hours
        goes on as if nothing was.
        """
        hourly = len(self.crontab.hours) == 24
        at = moment.astimezone(UTC) + _INSTANT
        while True:
            offset = _offset(at, self.zone)
            found = (
                _next_on_wall(self.crontab, at + offset) - offset
            )  # true as long as the clocks stay what they are
            change = _change(self.zone, at, found)
            if change is None:
                run = found.astimezone(self.zone)
                if hourly or not run.fold:
                    return run
                at = found + _INSTANT
            elif not hourly and found < change + _offset(change, self.zone) - offset:
                return change.astimezone(self.zone)
            else:
                at = change

    def _late(self, planned: datetime) -> datetime:
        """Added in UTC: in a zone Python adds to the clock on the wall, and forgets which of two
        equal hours it shows.
        """
        return (planned.astimezone(UTC) + timedelta(seconds=self.delay_of(planned))).astimezone(
            self.zone
        )

    def delay_of(self, planned: datetime) -> float:
        """Seconds from 0 up to the jitter, the same whenever it is asked."""
        digest = sha256(f"{self.site} {planned.astimezone(UTC).isoformat()}".encode()).digest()
        return self.jitter * int.from_bytes(digest[:8], "big") / 2**64

    def runs(self, moment: datetime) -> Iterator[datetime]:
        """All runs after `moment`."""
        planned = moment
        while True:
            planned = self.planned_after(planned)
            yield self._late(planned)

    def longest_gap(self) -> timedelta:
        """The longest time between two runs, whenever; the delay of the later one included."""
        return _longest_gap(self.crontab) + timedelta(seconds=self.jitter)


@lru_cache(maxsize=64)
def _longest_gap(crontab: Crontab) -> timedelta:
    """By the clock on the wall: an hour that it skips or repeats is left out of account, and never
    doubles it.
    """
    return max(_gaps(crontab))


@lru_cache(maxsize=64)
def shortest_gap(crontab: Crontab) -> timedelta:
    """The shortest time between two runs, whenever; by the clock on the wall, too."""
    return min(_gaps(crontab))


def _gaps(crontab: Crontab) -> Iterator[timedelta]:
    """The times between two runs: within a day, and from one day to the next."""
    times = sorted(
        timedelta(hours=hour, minutes=minute)
        for hour in crontab.hours
        for minute in crontab.minutes
    )
    first, last = (day.date() for day in _TRIED)
    days = [
        day
        for day in (first + timedelta(days=number) for number in range((last - first).days))
        if crontab.names(day)
    ]
    yield from (later - sooner for sooner, later in pairwise(times))
    yield from (later - sooner - times[-1] + times[0] for sooner, later in pairwise(days))


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    """How far the clocks of the zone are ahead of UTC."""
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _change(zone: ZoneInfo, sooner: datetime, later: datetime) -> datetime | None:
    """When the clocks of a zone change first after `sooner`, up to `later`; all in UTC. They never
    change twice in a day.
    """
    before = _offset(sooner, zone)
    while _offset(end := min(sooner + _DAY, later), zone) == before:
        if end == later:
            return None
        sooner = end
    seconds = range(int(sooner.timestamp()), int(end.timestamp()) + 1)
    found = bisect_left(
        seconds,
        True,
        key=lambda second: _offset(datetime.fromtimestamp(second, UTC), zone) != before,
    )
    return datetime.fromtimestamp(seconds[found], UTC)


def _next_on_wall(crontab: Crontab, shown: datetime) -> datetime:
    """The first time of the crontab from what a clock shows, which goes as UTC does here:
    APScheduler, too, loses runs where it changes.
    """
    fires = (trigger.get_next_fire_time(None, shown) for trigger in _triggers(crontab))
    found: datetime = min(fire for fire in fires if fire is not None)
    return found


@lru_cache(maxsize=256)
def _triggers(crontab: Crontab) -> tuple[CronTrigger, ...]:
    """APScheduler counts weekdays from Monday and wants day and weekday to agree: it is given
    names, and one trigger for each.

    Triggers that can never fire are left out: asked for their next time they would search until the
    year 9999.
    """
    first, last = _TRIED
    found = []
    for days, weekdays in crontab.calendars():
        given = {
            "minute": _listed(crontab.minutes),
            "hour": _listed(crontab.hours),
            "day": _listed(days),
            "month": _listed(crontab.months),
            "day_of_week": ",".join(WEEKDAYS[day] for day in sorted(weekdays)),
            "second": "0",
            "timezone": UTC,
        }
        if CronTrigger(**given, end_date=last).get_next_fire_time(None, first) is not None:
            found.append(CronTrigger(**given))
    return tuple(found)


def _listed(numbers: frozenset[int]) -> str:
    return ",".join(map(str, sorted(numbers)))


@lru_cache(maxsize=64)
def checked(text: str) -> Crontab:
    """The crontab of a text; raises ValueError with a sentence where it is none, or can never run."""
    crontab = Crontab.read(text)
    if not _triggers(crontab):
        raise ValueError(f"{crontab.text!r} can never run: no month of it has such a day")
    return crontab
