"""Dates as publishers and programs write them; every result is aware, nothing is guessed."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache
from itertools import chain

from babel.dates import get_month_names

from scraper.extraction.dom.limits import MAX_DATE

# Fixed by Keputusan Presiden 41/1987; there is no summer time.
ZONES = {
    name: timezone(timedelta(hours=hours), name)
    for name, hours in (("WIB", 7), ("WITA", 8), ("WIT", 9))
}
YEARS = (1990, 2100)
"""A date outside of these is a default value, an error or a joke."""
AHEAD = timedelta(days=1)
"""How far a publisher's date may be in the future: clocks and zones differ."""

_BESIDE_CLDR = {
    2: "peb pebr pebruari febr",
    3: "mrt",
    8: "ags agst agt agust agustsus",
    9: "sept",
    11: "nop nopember",
}
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


def _clock(minutes: str) -> str:
    """Return the pattern of a time of day with its zone; `minutes` are those of an offset."""
    return rf"""
        (?P<hour>\d{{1,2}}) [:.] (?P<minute>[0-5]\d)
        (?: [:.] (?P<second>[0-5]\d) (?: [.,]\d{{1,9}} )? )? (?!\d)
        (?: \s? (?P<half>[AP]) \.? M \b \.? )?
        (?: \s? (?P<zone>
            (?:GMT|UTC) \s? [+−-] \d{{1,2}} (?: :? \d{{2}} )? (?!\d)
            | [+−-] \d{{2}} :? (?:{minutes}) (?!\d) | \+ \d{{2}} (?![\d.:])
            | (?:GMT|UTC|WITA|WIB|WIT|Z) \b
        ) )?
    """


CLOCK = _clock(r"\d{2}")
"""A time of day, whose groups `time_of` reads."""
# To readers "07:15-08:15" is a span of hours.
_READERS_CLOCK = _clock("00|30|45")
_BEFORE_CLOCK = r"[\s,|•·()/–—-]{0,6} (?: (?:pukul|pkl|jam|at) \b [.:]{0,2} \s? )?"
_DAY_FIRST = r"""
    (?<!\d) (?P<day>\d{1,2}) [\s./-]{1,6} (?P<month>[A-Z]{3,10}) \.? [\s,./-]{1,6} (?P<year>\d{4})
"""
_MONTH_FIRST = r"""
    \b (?P<month>[A-Z]{3,10}) \.? \s (?P<day>\d{1,2}) (?:st|nd|rd|th)? ,? \s (?P<year>\d{4})
"""
_YEAR_FIRST = (
    r"(?<!\d) (?P<year>\d{4}) (?P<mark>[-/]) (?P<month>\d{1,2}) (?P=mark) (?P<day>\d{1,2})"
)
_NUMBERS = (
    r"(?<![\d.]) (?P<day>\d{1,2}) (?P<mark>[/.-]) (?P<month>\d{1,2}) (?P=mark) (?P<year>\d{4})"
)


def _form(date: str, *, clock: str = f"(?: {_BEFORE_CLOCK} {_READERS_CLOCK} )?") -> re.Pattern[str]:
    return re.compile(rf"{date} (?!\d) {clock}", re.IGNORECASE | re.VERBOSE)


_NAMED = [_form(_DAY_FIRST), _form(_MONTH_FIRST), _form(_YEAR_FIRST)]
_LOCAL = _form(_NUMBERS)
"""Numbers alone: which is the day is certain only for some, see `_day_and_month`."""
_ISO = _form(_YEAR_FIRST, clock=f"(?: [T\\s] {CLOCK} )?")
_BASIC = re.compile(r"^(\d{4})(\d\d)(\d\d)[T ]?(\d\d)(\d\d)(\d\d)(?!\d)", re.IGNORECASE)
"""ISO 8601 without its marks."""
_EPOCH = re.compile(r"(?P<seconds>1\d{9})(?:\d{3})?")
"""Seconds or milliseconds since 1970, from 2001 to 2033: later ones may be a date, 2026112007."""
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_SPACES = re.compile(r"\s{2,}")
_OFFSET = re.compile(r"(?P<sign>[+−-])(?P<hours>\d{1,2}?):?(?P<minutes>\d{2})?$")


@lru_cache(maxsize=1)
def months() -> dict[str, int]:
    """Month names in Indonesian and English, in lower case, and numbers as texts -> 1 to 12."""
    names = {name: number for number, some in _BESIDE_CLDR.items() for name in some.split()}
    names |= {f"{number:0{width}}": number for number in range(1, 13) for width in (1, 2)}
    for language in ("en", "id"):
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, locale=language).items():
                names[name.lower().rstrip(".")] = number
    return names


def parse_visible(text: str | None, zone: tzinfo | None) -> datetime | None:
    """Parse the first date with a time of day in a text for readers; None for a bare date.

    A zone in the text wins over `zone`; None where there is neither.

    >>> parse_visible("Jum'at, 24 Juli 2026 | 07:08 WITA", ZONES["WIB"]).isoformat()
    '2026-07-24T07:08:00+08:00'
    >>> parse_visible("Fri Jul 24 2026 19:08:00 GMT+0700 (Western Indonesia Time)", UTC).isoformat()
    '2026-07-24T19:08:00+07:00'
    """
    return _first_date(text or "", zone)


def _first_date(text: str, zone: tzinfo | None) -> datetime | None:
    if not _YEAR.search(text):
        return None
    text = _SPACES.sub(" ", text)
    dated = chain.from_iterable(form.finditer(text) for form in _NAMED)
    named = (match.groupdict() for match in dated)
    numbers = map(_day_and_month, _LOCAL.finditer(text))
    read = (time_of(date, zone) for date in chain(named, numbers) if date.get("hour"))
    return next(filter(None, read), None)


def _day_and_month(found: re.Match[str]) -> dict[str, str | None]:
    """Return the groups of a date in numbers; nothing where either could be the day.

    In a zone of Indonesia the day is first; elsewhere a number over 12 is the day.
    """
    date = found.groupdict()
    first, second = int(found["day"]), int(found["month"])
    if second > 12:
        return date | {"day": found["month"], "month": found["day"]}
    in_indonesia = (found["zone"] or "").upper() in ZONES
    return date if in_indonesia or first > 12 or first == second else {}


def time_of(date: Mapping[str, str | None], zone: tzinfo | None) -> datetime | None:
    """Read the groups `year`, `month`, `day` and those of CLOCK; None for an impossible time.

    None, too, where neither the date nor `zone` says the zone. A date without a time is its first
    second, 24:00 its end.
    """
    year, day, hour, minute, second = (
        int(date.get(name) or 0) for name in ("year", "day", "hour", "minute", "second")
    )
    half = date.get("half")
    if half and hour <= 12:
        hour = hour % 12 + 12 * (half in "pP")
    end_of_day = (hour, minute, second) == (24, 0, 0)
    month = months().get((date["month"] or "").lower())
    aware = zone_named(date.get("zone"), zone)
    if aware is None or month is None or not YEARS[0] <= year <= YEARS[1]:
        return None
    try:
        at = datetime(year, month, day, 0 if end_of_day else hour, minute, second, tzinfo=aware)
        return at + timedelta(days=end_of_day)
    except (ValueError, OverflowError):
        return None


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
    """Parse a date for machines: ISO 8601, `2018-03-17 21:01:19 GMT`, RFC 2822, JavaScript's, Unix.

    A date without an offset is in `zone`. None where there is neither, or no time of day.

    >>> [str(parse_structured(text)) for text in ("20261120T001512Z", "1795133712000")]
    ['2026-11-20 00:15:12+00:00', '2026-11-20 00:15:12+00:00']
    """
    text = _SPACES.sub(" ", text).strip() if text else ""
    if not text or len(text) > MAX_DATE:
        return None
    if epoch := _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(epoch["seconds"]), zone or UTC)
    match = _ISO.match(_BASIC.sub(r"\1-\2-\3T\4:\5:\6", text))
    if match is None:
        return _rfc2822(text) or _first_date(text, zone)
    return time_of(match.groupdict(), zone) if match["hour"] else None


def believable(at: datetime | None, now: datetime | None) -> datetime | None:
    """Return a publisher's time, None for one before 1990 or later than `now` by over a day.

    >>> now = datetime(2026, 11, 20, tzinfo=UTC)
    >>> [believable(now.replace(year=year), now) is not None for year in (1796, 2018, 2027, 2099)]
    [False, True, False, False]
    """
    if at is None or at.year < YEARS[0]:
        return None
    return at if now is None or at - now <= AHEAD else None


def has_impossible_year(text: str | None) -> bool:
    """Return whether a date for machines is one that no parser here returns for its year.

    >>> [has_impossible_year(f"{year}-01-01T00:00:00Z") for year in ("0001", "1970", "2018")]
    [True, True, False]
    """
    match = _ISO.match((text or "").strip())
    return match is not None and not YEARS[0] <= int(match["year"]) <= YEARS[1]


def parse_day(text: str | None, zone: tzinfo) -> datetime | None:
    """Parse a bare day (`2026-01-31`), as sitemaps write it, to its first second; else None."""
    match = _ISO.fullmatch((text or "").strip())
    if match is None or match["hour"] is not None:
        return None
    return parse_structured(f"{match[0]}T00:00", zone)


def _rfc2822(text: str) -> datetime | None:
    """Parse a date of mail and feeds with a numeric offset or one of the zones of RFC 822."""
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if found.tzinfo is None or not YEARS[0] <= found.year <= YEARS[1]:
        return None
    return found


def zone_named(name: str | None, default: tzinfo | None) -> tzinfo | None:
    """Return the zone of a name or offset in a date; `default` where there is none.

    None for an offset of a day or more.

    >>> [str(zone_named(name, None)) for name in ("WITA", "Z", "+0730", "GMT+7", "UTC-03:30")]
    ['WITA', 'UTC', 'UTC+07:30', 'UTC+07:00', 'UTC-03:30']
    """
    if not name:
        return default
    name = name.upper()
    if name in ZONES:
        return ZONES[name]
    offset = _OFFSET.search(name)
    if offset is None:
        return UTC
    hours, minutes = int(offset["hours"]), int(offset["minutes"] or 0)
    if hours > 23 or minutes > 59:
        return None
    east = timedelta(hours=hours, minutes=minutes)
    return timezone(east if offset["sign"] == "+" else -east)
