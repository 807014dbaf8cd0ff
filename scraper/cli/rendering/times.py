"""Times as people read them on a terminal: local, and short."""

import re
from datetime import date, datetime, tzinfo

_ISO = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)\b")


def time_of(value: object) -> datetime | None:
    """Return the time that a value is or says, as in ISO 8601 with an offset; None for others.

    >>> time_of("2026-11-20T07:15:12+07:00").hour, time_of("2026-11-20"), time_of(7)
    (7, None, None)
    """
    if isinstance(value, datetime):
        return value if value.tzinfo else None
    if not isinstance(value, str) or _ISO.fullmatch(value) is None:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def short_time(at: datetime, *, now: datetime) -> str:
    """Return a time to the minute in the zone that it is in, with the year unless it is now's.

    >>> at = datetime.fromisoformat("2026-11-20T07:15:12+07:00")
    >>> short_time(at, now=at), short_time(at.replace(year=2025), now=at)
    ('20 Nov 07:15', '20 Nov 2025 07:15')
    """
    year = f" {at.year}" if at.year != now.astimezone(at.tzinfo).year else ""
    return f"{at.day:2} {_MONTHS[at.month - 1]}{year} {at:%H:%M}"


def short_days(first: date, last: date, *, today: date) -> str:
    """Return a day, or the first and last of several, with the year unless it is today's.

    >>> today = date(2026, 11, 30)
    >>> short_days(date(2026, 11, 7), date(2026, 11, 7), today=today)
    ' 7 Nov'
    >>> short_days(date(2026, 11, 21), today, today=today)
    '21–30 Nov'
    >>> short_days(date(2025, 12, 30), date(2026, 1, 2), today=today)
    '30 Dec 2025–2 Jan'
    """
    end = _day(last, today)
    if first == last:
        return f"{end:>{len(end) + (last.day < 10)}}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{end}"
    return f"{_day(first, today)}–{end}"


def _day(day: date, today: date) -> str:
    year = f" {day.year}" if day.year != today.year else ""
    return f"{day.day} {_MONTHS[day.month - 1]}{year}"


def short_times(text: str, zone: tzinfo | None, *, now: datetime) -> str:
    r"""Return prose with its times short and unbroken, in a zone that each one names.

    >>> now = datetime.fromisoformat("2026-11-20T07:15:12+07:00")
    >>> short_times("Due 2026-11-20T01:00:00+00:00: it failed.", now.tzinfo, now=now)
    'Due 20\xa0Nov\xa008:00\xa0UTC+07:00: it failed.'
    """

    def short(found: re.Match[str]) -> str:
        at = time_of(found[0])
        if at is None:
            return found[0]
        at = in_zone(at, zone)
        return f"{short_time(at, now=now).strip()} {zone_name(at)}".replace(" ", "\xa0")

    return _ISO.sub(short, text)


def zone_name(at: datetime) -> str:
    """Return the name of a time's zone, like WIB; of one without a name, its offset."""
    name = at.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def in_zone(at: datetime, zone: tzinfo | None) -> datetime:
    """Return the time in a zone, by default the local one; as it is at the ends of the calendar."""
    try:
        return at.astimezone(zone)
    except (OverflowError, ValueError):
        return at
