"""When a site is crawled: a crontab in a time zone plus a delay per run. Pure functions of time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}

_VALUE = r"(?:\d+|[a-z]{3})"
_ITEM = re.compile(
    rf"(?!(\w+)-\1/)(?:\*|{_VALUE}-{_VALUE})(?:/\d+)?|{_VALUE}", re.ASCII | re.IGNORECASE
)
"""What cron(5) allows; cronsim also knows L, # and 5/10, and reads 5-5/10 as the latter."""

# In 28 years, each day of the month falls on every weekday that it ever falls on.
_FIRST_DAY, _DAYS = date(2024, 1, 1), 28 * 1461 // 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CronSchedule:
    """The runs of one site, each up to `jitter` seconds late so that sites take turns."""

    site: str
    crontab: str
    """Five fields, as `checked` returns them."""
    zone: ZoneInfo
    jitter: float = 0.0
    """Seconds."""

    def next_after(self, at: datetime) -> datetime:
        """Return the first run planned after `at`, with its delay, in the schedule's zone.

        The planned time counts, not the delayed one: a crawl started by hand just before a run
        does not replace it, one started within the run's delay does.
        """
        return self._delayed(self.planned_after(at))

    def planned_after(self, at: datetime) -> datetime:
        """Return the first run planned after `at`, without its delay.

        As in Debian's cron, runs in an hour that the clock skips are coalesced into one right
        after it, and those in a repeated hour run once; a crontab of all hours runs on regardless
        (but cronsim may skip one run where clocks change by half an hour, on Lord Howe Island).
        """
        at = at.astimezone(UTC)
        runs = CronSim(_unambiguous(self.crontab), at.astimezone(self.zone))
        ahead = (run for each in runs if (run := each.astimezone(UTC)) > at)
        return next(ahead).astimezone(self.zone)

    def delay_of(self, planned: datetime) -> float:
        """Return the run's delay in seconds, below the jitter: a function of site and run."""
        digest = sha256(f"{self.site} {planned.astimezone(UTC).isoformat()}".encode()).digest()
        return self.jitter * int.from_bytes(digest[:8], "big") / 2**64

    def runs(self, after: datetime) -> Iterator[datetime]:
        """Yield all runs after a time."""
        while True:
            after = self.planned_after(after)
            yield self._delayed(after)

    def longest_gap(self) -> timedelta:
        """Return the longest time between two runs, the delay of the later one included."""
        return max(_gaps(self.crontab)) + timedelta(seconds=self.jitter)

    def _delayed(self, planned: datetime) -> datetime:
        """Add the delay in UTC: Python's addition within a zone ignores changes of the clock."""
        delay = timedelta(seconds=self.delay_of(planned))
        return (planned.astimezone(UTC) + delay).astimezone(self.zone)


def shortest_gap(crontab: str) -> timedelta:
    """Return the shortest time between two runs, by the wall clock."""
    return min(_gaps(crontab))


@lru_cache(maxsize=64)
def _gaps(crontab: str) -> frozenset[timedelta]:
    """Return the times between two runs by the wall clock: within a day, and from day to day."""
    fields = parsed(crontab)
    times = sorted(
        timedelta(hours=hour, minutes=minute) for hour in fields.hours for minute in fields.minutes
    )
    span = 2 if crontab.split()[2:] == ["*", "*", "*"] else _DAYS  # every command checks rhythms
    days = [
        day
        for day in (_FIRST_DAY + timedelta(days=number) for number in range(span))
        if day.month in fields.months and fields.match_day(day)
    ]
    over_night = times[0] - times[-1]
    return frozenset(later - sooner for sooner, later in pairwise(times)) | frozenset(
        later - sooner + over_night for sooner, later in pairwise(days)
    )


def checked(text: str) -> str:
    """Return a crontab's five fields; raises ValueError with one line if it can never run."""
    fields = ALIASES.get(text.strip().lower(), text).split()
    odd = [field for field in fields if not all(map(_ITEM.fullmatch, field.split(",")))]
    if odd:
        reason = f"bad field {odd[0]!r}"
    elif len(fields) != 5:
        reason = f"{len(fields)} fields"
    else:
        try:
            parsed(" ".join(fields))
        except CronSimError as error:
            reason = str(error).lower()
        else:
            return " ".join(fields)
    raise ValueError(
        f"{text!r} is not a crontab that can run ({reason}); "
        "expected minute, hour, day, month and weekday, like 17 */2 * * *"
    )


@lru_cache(maxsize=64)
def parsed(crontab: str) -> CronSim:
    """Return the fields of a crontab as sets of numbers; 0 and 7 are Sunday."""
    return CronSim(crontab, datetime.combine(_FIRST_DAY, datetime.min.time(), UTC))


@lru_cache(maxsize=64)
def _unambiguous(crontab: str) -> str:
    """Name hours and minutes: with a * in either, cronsim repeats and skips runs with the clock."""
    fields, (_minute, _hour, *days) = parsed(crontab), crontab.split()
    if len(fields.hours) == 24:
        return crontab
    minutes, hours = (
        ",".join(map(str, sorted(numbers))) for numbers in (fields.minutes, fields.hours)
    )
    return " ".join([minutes, hours, *days])
