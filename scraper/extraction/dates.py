"""Dates as Indonesian publishers write them; every result is aware, nothing is guessed."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache

from babel.dates import get_month_names

# Fixed by Keputusan Presiden 41/1987; there is no summer time.
ZONES = {
    name: timezone(timedelta(hours=hours), name)
    for name, hours in (("WIB", 7), ("WITA", 8), ("WIT", 9))
}
YEARS = (1990, 2100)
"""A date outside of these is a default value, an error or a joke."""

_BESIDE_CLDR = {"agt": 8, "agst": 8, "sept": 9, "nop": 11, "nopember": 11, "peb": 2, "pebruari": 2}
_UNITS = {
    "detik": timedelta(seconds=1),
    "menit": timedelta(minutes=1),
    "jam": timedelta(hours=1),
    "hari": timedelta(days=1),
    "minggu": timedelta(weeks=1),
    "pekan": timedelta(weeks=1),
}
_RELATIVE = re.compile(
    rf"\b(?P<count>\d{{1,3}})\s+(?P<unit>{'|'.join(_UNITS)})\s+(?:yang\s+)?lalu\b", re.IGNORECASE
)
_DATE = re.compile(
    r"""
    (?<!\d) (?P<day>\d{1,2}) [\s./-]+ (?P<month>[A-Za-z]{3,10}) \.? [\s,./-]+
    (?P<year>(?:19|20)\d{2})
    (?:
        [\s,|•·()/–—-]* (?:pukul|jam|at)? \s*
        (?P<hour>[012]?\d) [:.] (?P<minute>[0-5]\d) (?: [:.] (?P<second>[0-5]\d) )?
        (?: \s* (?P<half> [AaPp] \.? [Mm] \b \.? ) )?
        (?: \s* (?P<zone> WIB | WITA | WIT | GMT | UTC | [+-]\d{2}:?\d{2} ) \b )?
    )?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ISO = re.compile(
    r"""
    (?P<date> \d{4} [-/] \d{1,2} [-/] \d{1,2} )
    (?:
        [T\s]+ (?P<time> \d{1,2} : \d{2} (?: : \d{2} )? ) (?: [.,]\d+ )?
        \s* (?P<zone> Z | GMT | UTC | WIB | WITA | WIT | [+-]\d{2}:?\d{2} )?
    )?
    """,
    re.VERBOSE,
)


@lru_cache(maxsize=1)
def months() -> dict[str, int]:
    """Month names of CLDR in Indonesian and English, long and short, in lower case -> 1 to 12."""
    names = dict(_BESIDE_CLDR)
    for language in ("en", "id"):
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, locale=language).items():
                names[name.lower().rstrip(".")] = number
    return names


def parse_visible(text: str | None, zone: tzinfo) -> datetime | None:
    """Parse the first date with a time of day in a text for readers; None for a bare date.

    A zone in the text wins over `zone`.

    >>> parse_visible("Jum'at, 24 Juli 2026 | 07:08 WITA", ZONES["WIB"]).isoformat()
    '2026-07-24T07:08:00+08:00'
    """
    for match in _DATE.finditer(text or ""):
        month = months().get(match["month"].lower())
        if month is None or match["hour"] is None:
            continue
        hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
        if match["half"]:
            hour = hour_of_day(hour, match["half"])
        year, day = int(match["year"]), int(match["day"])
        try:
            aware = zone_named(match["zone"], zone)
            return datetime(year, month, day, hour, minute, second, tzinfo=aware)
        except ValueError:
            continue
    return None


def hour_of_day(hour: int, half: str) -> int:
    """Turn an hour of a half day, `am` or `pm`, into one of 24."""
    return hour % 12 + 12 * (half[0] in "pP")


def parse_relative(text: str | None, now: datetime) -> datetime | None:
    """Parse "7 menit yang lalu" or "2 jam lalu", as lists of stories write it, counted from `now`.

    >>> now = datetime(2026, 1, 1, 8, 0, tzinfo=ZONES["WIB"])
    >>> parse_relative("7 menit yang lalu", now).isoformat()
    '2026-01-01T07:53:00+07:00'
    """
    match = _RELATIVE.search(text or "")
    if match is None:
        return None
    return now - int(match["count"]) * _UNITS[match["unit"].lower()]


def parse_structured(text: str | None, zone: tzinfo | None = None) -> datetime | None:
    """Parse a date for machines: ISO 8601, `2018-03-17 21:01:19 GMT`, RFC 2822.

    A date without an offset is in `zone`. None where there is neither, or no time of day.
    """
    text = (text or "").strip()
    match = _ISO.match(text)
    if match is None:
        return _rfc2822(text)
    if match["time"] is None or (match["zone"] is None and zone is None):
        return None
    year, month, day = map(int, re.split(r"[-/]", match["date"]))
    hour, minute, second = [*map(int, match["time"].split(":")), 0][:3]
    if not YEARS[0] <= year <= YEARS[1]:
        return None
    try:
        aware = zone_named(match["zone"], zone)
        return datetime(year, month, day, hour, minute, second, tzinfo=aware)
    except ValueError:
        return None


def parse_day(text: str | None, zone: tzinfo) -> datetime | None:
    """Parse a bare day (`2026-01-31`), as sitemaps write it, to its first second; else None."""
    match = _ISO.fullmatch((text or "").strip())
    if match is None or match["time"] is not None:
        return None
    return parse_structured(f"{match['date']}T00:00", zone)


def _rfc2822(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if found.tzinfo is None or not YEARS[0] <= found.year <= YEARS[1]:
        return None
    return found


def zone_named(name: str | None, default: tzinfo | None) -> tzinfo | None:
    """Return the zone of a name or offset in a date; `default` where there is none.

    Raises ValueError for an offset of a day or more.
    """
    if not name:
        return default
    name = name.upper()
    if name in ZONES:
        return ZONES[name]
    if name in ("Z", "GMT", "UTC"):
        return UTC
    sign = -1 if name[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(name[1:3]), minutes=int(name[-2:])))
