"""A crontab of five fields as cron(5) reads it: minute, hour, day of the month, month, day of the
week.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Self

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
"""By cron's numbers: 0 is Sunday, and so is 7."""

ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
"""Cron's own words for a whole line."""

_ITEM = re.compile(
    r"(?:(?P<star>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    """Words for the numbers from `low` on."""

    def read(self, text: str) -> frozenset[int]:
        """The numbers that a field stands for; raises ValueError with a sentence."""
        return frozenset(number for item in text.split(",") for number in self._item(item))

    def _item(self, item: str) -> range:
        found = _ITEM.fullmatch(item)
        if found is None:
            raise ValueError(
                f"{self.name} {item!r} is not *, a number, a range like 1-5 or a step like */15"
            )
        first, last, step = found["first"], found["last"], int(found["step"] or 1)
        if step < 1 or (found["step"] and first and last is None):
            raise ValueError(
                f"{self.name} {item!r}: a step needs * or a range before it, and a number from 1 after it"
            )
        low = self.low if found["star"] else self._number(first)
        high = self.high if found["star"] else self._number(last) if last else low
        if low > high:
            raise ValueError(f"{self.name} {item!r}: the range ends before it begins")
        return range(low, high + 1, step)

    def _number(self, text: str) -> int:
        if text.lower() in self.names:
            return self.low + self.names.index(text.lower())
        if not text.isdecimal() or not self.low <= int(text) <= self.high:
            raise ValueError(f"{self.name} {text!r} is not from {self.low} to {self.high}")
        return int(text)


_FIELDS = (
    _Field(name="minute", low=0, high=59),
    _Field(name="hour", low=0, high=23),
    _Field(name="day of the month", low=1, high=31),
    _Field(name="month", low=1, high=12, names=_MONTHS),
    _Field(name="day of the week", low=0, high=7, names=WEEKDAYS),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crontab:
    """When something runs: the numbers of each field.

    >>> Crontab.read("*/20 4 * * mon-fri").minutes == {0, 20, 40}
    True
    """

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """0 is Sunday."""
    either_day: bool
    """Day of the month and day of the week are both given: either is enough, as cron has it."""

    @classmethod
    def read(cls, text: str) -> Self:
        """The crontab of a line's first five fields; raises ValueError with a sentence for the
        user.
        """
        text = text.strip()
        if text.startswith("@") and text.lower() not in ALIASES:
            raise ValueError(f"{text!r} is none of {', '.join(ALIASES)}")
        given = ALIASES.get(text.lower(), text).split()
        if len(given) != len(_FIELDS):
            raise ValueError(
                f"a crontab has five fields (minute, hour, day, month, weekday), not {len(given)}"
            )
        minutes, hours, days, months, weekdays = (
            field.read(text) for field, text in zip(_FIELDS, given, strict=True)
        )
        return cls(
            text=" ".join(given),
            minutes=minutes,
            hours=hours,
            days=days,
            months=months,
            weekdays=frozenset(day % 7 for day in weekdays),
            either_day=not (given[2].startswith("*") or given[4].startswith("*")),
        )

    def names(self, day: date) -> bool:
        """Whether it has a run on that day."""
        return day.month in self.months and any(
            day.day in days and day.isoweekday() % 7 in weekdays
            for days, weekdays in self.calendars()
        )

    def calendars(self) -> list[tuple[frozenset[int], frozenset[int]]]:
        """(days, weekdays) that have to agree; two pairs where either of them is enough."""
        if not self.either_day:
            return [(self.days, self.weekdays)]
        return [(self.days, frozenset(range(7))), (frozenset(range(1, 32)), self.weekdays)]
