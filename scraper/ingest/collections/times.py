"""Dates of collections, as sites, spreadsheets and programs write them.

Never naive; day and month are never guessed.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from scraper.extraction.dates import (
    YEARS,
    hour_of_day,
    months,
    parse_day,
    parse_structured,
    parse_visible,
    zone_named,
)

MILLISECONDS = 10**11
"""An epoch beyond this many seconds is one of milliseconds."""

_NUMERIC = re.compile(
    r"""
    (?P<first>\d{1,2}) (?P<mark>[./-]) (?P<second>\d{1,2}) (?P=mark) (?P<year> \d{4} | \d{2} )
    (?:
        [\sT,|]+ (?P<hour>\d{1,2}) [:.] (?P<minute>\d{2}) (?: [:.] (?P<seconds>\d{2}) )?
        (?: \s* (?P<half>[AaPp]) \.? [Mm] \.? )?
        (?: \s* (?P<zone> WIB | WITA | WIT | GMT | UTC | Z | [+-]\d{2}:?\d{2} ) )?
    )?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NAMED = re.compile(
    r"""
    (?: [^\W\d]+ ['’]? [^\W\d]* ,? \s+ )?
    (?P<day>\d{1,2}) [\s./-]+ (?P<month>[A-Za-z]{3,10}) \.? [\s,./-]+ (?P<year> \d{4} | \d{2} )
    """,
    re.VERBOSE,
)
_MONTH_FIRST = re.compile(
    r"""
    (?P<month>[A-Za-z]{3,10}) \.? \s+ (?P<day>\d{1,2}) (?:st|nd|rd|th)? ,? \s+
    (?P<year>\d{4}) \b (?P<time>.*)
    """,
    re.DOTALL | re.VERBOSE,
)
_COMPACT = re.compile(r"(?P<day>(?:19|20)\d{6})(?:T?(?P<clock>\d{6})Z?)?")
_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?|\d{12,13}(?:\.\d+)?")
_ISO_DATE = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}")
_HOURS = ("%H", "%I", "%c", "%X")
"""Directives of strptime that read a time of day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedTime:
    """What a value says of a time."""

    at: datetime | None = None
    """Aware; None where the value says nothing or cannot be read."""
    day_only: bool = False
    """There is no time of day; `at` is the beginning of the day."""
    problem: str | None = None
    """A code of archive.ledger.wording: `date_ambiguous` or `date_unreadable`."""


UNREADABLE = ParsedTime(problem="date_unreadable")


def parse_time(
    value: Any, zone: tzinfo, *, formats: tuple[str, ...] = (), order: str | None = None
) -> ParsedTime:
    """Parse a time in a record; without an offset of its own it is in `zone`.

    `formats` (of strptime) are tried first. `order` is `day` or `month`, whichever comes first in
    dates like 4/5/2020; None leaves those unread.

    >>> [parse_time(text, UTC).at.isoformat() for text in ("24-Apr-20", "10/22/2025 9:47")]
    ['2020-04-24T00:00:00+00:00', '2025-10-22T09:47:00+00:00']
    >>> parse_time("4/5/2020", UTC).problem, parse_time("4/5/2020", UTC, order="day").at.month
    ('date_ambiguous', 5)
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return UNREADABLE
    text = value.strip()
    if " " not in text and re.search(r"[A-Za-z]{3}", text) and not text[:4].isdigit():
        text = text.replace("+", " ")  # "13+December+2018", as addresses have it
    try:
        return (
            _by_format(text, zone, formats)
            or _with_time(text, zone)
            or _day(text, zone)
            or _numeric(text, zone, order)
            or UNREADABLE
        )
    except (ValueError, OverflowError, OSError):  # an impossible day, as 31 February
        return UNREADABLE


def date_order(value: Any) -> str | None:
    """Return `day` or `month`, whichever certainly comes first in a date in numbers, else None."""
    match = _NUMERIC.fullmatch(str(value).strip())
    if match is None or match["mark"] == ".":
        return None
    first, second = int(match["first"]), int(match["second"])
    if first > 12 >= second:
        return "day"
    if second > 12 >= first:
        return "month"
    return None


def _by_format(text: str, zone: tzinfo, formats: tuple[str, ...]) -> ParsedTime | None:
    for form in formats:
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007 - the zone follows
        except ValueError:
            continue
        if found.tzinfo is None:
            found = found.replace(tzinfo=zone)
        return _checked(found, day_only=not any(hour in form for hour in _HOURS))
    return None


def _with_time(text: str, zone: tzinfo) -> ParsedTime | None:
    """Parse a date with its time of day."""
    month_first = _MONTH_FIRST.search(text)
    if _ISO_DATE.match(text):
        found = parse_structured(text, zone)
    elif _EPOCH.fullmatch(text):
        seconds = float(text)
        if seconds > MILLISECONDS:
            seconds /= 1000
        found = datetime.fromtimestamp(seconds, UTC).astimezone(zone)
    elif month_first is not None:
        day_first = "{day} {month} {year} {time}".format_map(month_first.groupdict())
        found = parse_visible(day_first, zone)
    else:
        found = parse_visible(text, zone) or parse_structured(text, zone)
    return _checked(found)


def _day(text: str, zone: tzinfo) -> ParsedTime | None:
    """Parse a bare day, or what programs write without any marks."""
    found = parse_day(text, zone)
    if found is not None:
        return _checked(found, day_only=True)
    compact = _COMPACT.fullmatch(text)
    if compact is not None:
        written = compact["day"] + (compact["clock"] or "000000")
        if text.endswith("Z"):
            zone = UTC
        at = datetime.strptime(written, "%Y%m%d%H%M%S").replace(tzinfo=zone)
        return _checked(at, day_only=compact["clock"] is None)
    named = _NAMED.fullmatch(text) or _MONTH_FIRST.fullmatch(text)
    if named is None or named.groupdict().get("time"):
        return None
    month = months().get(named["month"].lower())
    if month is None:
        return None
    at = datetime(_year(named["year"]), month, int(named["day"]), tzinfo=zone)
    return _checked(at, day_only=True)


def _numeric(text: str, zone: tzinfo, order: str | None) -> ParsedTime | None:
    """Parse a date in numbers, by its own order of day and month where that is certain."""
    match = _NUMERIC.fullmatch(text)
    if match is None:
        return None
    first, second = int(match["first"]), int(match["second"])
    # 22.10.2025 is written with the day first everywhere.
    if match["mark"] == "." or first == second:
        order = "day"
    order = date_order(text) or order
    if order is None:
        return ParsedTime(problem="date_ambiguous")
    day, month = first, second
    if order == "month":
        day, month = second, first
    hour = int(match["hour"] or 0)
    if match["half"]:
        hour = hour_of_day(hour, match["half"])
    clock = (hour, int(match["minute"] or 0), int(match["seconds"] or 0))
    at = datetime(_year(match["year"]), month, day, *clock, tzinfo=zone_named(match["zone"], zone))
    return _checked(at, day_only=match["hour"] is None)


def _year(digits: str) -> int:
    """Complete a year of two digits: one of this century, or of the 1990s."""
    year = int(digits)
    if len(digits) == 2:
        year += 1900 if year >= YEARS[0] - 1900 else 2000
    return year


def _checked(at: datetime | None, *, day_only: bool = False) -> ParsedTime | None:
    if at is None:
        return None
    if not YEARS[0] <= at.year <= YEARS[1]:
        return UNREADABLE
    return ParsedTime(at=at.replace(microsecond=0), day_only=day_only)
