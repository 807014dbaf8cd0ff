"""Numbers, moments and lengths of time as people read them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_FRACTION = re.compile(r"\.\d+(?=[+-]|$)")


def plural(count: int, one: str, many: str | None = None) -> str:
    """A number with its noun.

    >>> plural(1, "page"), plural(2, "page"), plural(0, "story", "stories")
    ('1 page', '2 pages', '0 stories')
    """
    return f"{count} {one if count == 1 else many or one + 's'}"


def plain_time(moment: datetime | str | None, zone: ZoneInfo | None = None) -> str:
    """A moment of the archive's clock as people read it, to the second; in a zone, where one is given.

    >>> plain_time("2026-11-22T06:49:06.551887+00:00"), plain_time("2026-11-22T06:49:06+00:00", ZoneInfo("Asia/Jakarta"))
    ('2026-11-22T06:49:06+00:00', '2026-11-22T13:49:06+07:00')
    """
    if isinstance(moment, str) and zone is not None:
        moment = datetime.fromisoformat(moment)
    if isinstance(moment, datetime):
        moment = (moment.astimezone(zone) if zone is not None else moment).isoformat()
    return _FRACTION.sub("", moment or "")


def plain_duration(length: timedelta) -> str:
    """A length of time, to the minute; of days to the hour.

    >>> plain_duration(timedelta(hours=4, minutes=10)), plain_duration(timedelta(days=2, hours=1, minutes=5)), plain_duration(timedelta())
    ('4 h 10 min', '2 d 1 h', '0 min')
    """
    minutes = round(length / timedelta(minutes=1))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, 0 if minutes >= 1440 else minutes % 60
    parts = [f"{number} {unit}" for number, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if number]
    return " ".join(parts) or "0 min"


def human_bytes(count: int) -> str:
    """A number of bytes as people read it, in steps of a thousand as the units say.

    >>> human_bytes(1536), human_bytes(1_000_000_000)
    ('1.5 kB', '1.0 GB')
    """
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
