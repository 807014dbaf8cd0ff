"""Dates of collections, as sites, spreadsheets and programs write them.

Never naive; day and month are never guessed.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from scraper.extraction.dom.limits import MAX_DATE
from scraper.extraction.fields.dates import CLOCK, YEARS, parse_day, parse_structured, time_of

MILLISECONDS = 10**11
"""An epoch beyond this many seconds is one of milliseconds."""

_NUMERIC = re.compile(
    rf"""
    (?P<first>\d{{1,2}}) (?P<mark>[./-]) (?P<other>\d{{1,2}}) (?P=mark)
    (?P<year> \d{{4}} | \d{{2}} ) (?: [\sT,|]{{1,4}} {CLOCK} )?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_DAY = r"(?P<day>\d{1,2})"
_MONTH = r"(?P<month>[A-Za-z]{3,10}) \.?"
_NAMED = [
    re.compile(form, re.VERBOSE)
    for form in (
        rf"(?: [^\W\d]{{1,12}} ['’]? [^\W\d]{{0,12}} ,? \s )? {_DAY} [\s./-]{{1,4}} {_MONTH}"
        r" [\s,./-]{1,4} (?P<year> \d{4} | \d{2} )",
        rf"{_MONTH} \s {_DAY} (?:st|nd|rd|th)? ,? \s (?P<year>\d{{4}})",
    )
]
_COMPACT = re.compile(
    r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:T?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})(?P<zone>Z)?)?"
)
_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?|\d{12,13}(?:\.\d+)?")
_SERIAL = re.compile(r"[3-7]\d{4}(?:\.\d{1,12})?")
"""Days since 30 December 1899, as spreadsheets keep dates: from 1982 to 2119."""
_SERIAL_EPOCH = datetime.fromisoformat("1899-12-30")
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
    text = " ".join(value.split())
    if len(text) > MAX_DATE:
        return UNREADABLE
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
    match = _NUMERIC.fullmatch(str(value)[: 2 * MAX_DATE].strip())
    if match is None or match["mark"] == ".":
        return None
    first, second = int(match["first"]), int(match["other"])
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
    if _SERIAL.fullmatch(text):
        found = _SERIAL_EPOCH + timedelta(seconds=round(float(text) * 86_400))
        return _checked(found.replace(tzinfo=zone), day_only="." not in text.removesuffix(".0"))
    if not _EPOCH.fullmatch(text):
        return _checked(parse_structured(text, zone))
    seconds = float(text)
    if seconds > MILLISECONDS:
        seconds /= 1000
    return _checked(datetime.fromtimestamp(seconds, UTC).astimezone(zone))


def _day(text: str, zone: tzinfo) -> ParsedTime | None:
    """Parse a bare day, or what programs write without any marks."""
    found = parse_day(text, zone)
    if found is not None:
        return _checked(found, day_only=True)
    compact = _COMPACT.fullmatch(text)
    if compact is not None:
        return _checked(time_of(compact.groupdict(), zone), day_only=compact["hour"] is None)
    named = next(filter(None, (form.fullmatch(text) for form in _NAMED)), None)
    if named is None:
        return None
    parts = named.groupdict() | {"year": _year(named["year"])}
    return _checked(time_of(parts, zone), day_only=True)


def _numeric(text: str, zone: tzinfo, order: str | None) -> ParsedTime | None:
    """Parse a date in numbers, by its own order of day and month where that is certain."""
    match = _NUMERIC.fullmatch(text)
    if match is None:
        return None
    # 22.10.2025 is written with the day first everywhere.
    if match["mark"] == "." or int(match["first"]) == int(match["other"]):
        order = "day"
    order = date_order(text) or order
    if order is None:
        return ParsedTime(problem="date_ambiguous")
    day, month = match["first"], match["other"]
    if order == "month":
        day, month = month, day
    parts = {"year": _year(match["year"]), "month": month, "day": day}
    return _checked(time_of(match.groupdict() | parts, zone), day_only=match["hour"] is None)


def _year(digits: str) -> str:
    """Complete a year of two digits: one of this century, or of the 1990s."""
    if len(digits) == 4:
        return digits
    return ("19" if int(digits) >= YEARS[0] - 1900 else "20") + digits


def _checked(at: datetime | None, *, day_only: bool = False) -> ParsedTime | None:
    if at is None:
        return None
    if not YEARS[0] <= at.year <= YEARS[1]:
        return UNREADABLE
    return ParsedTime(at=at.replace(microsecond=0), day_only=day_only)
