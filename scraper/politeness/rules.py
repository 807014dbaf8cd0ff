"""How a site that has too much to do, or fails, is left in peace: pure rules of seconds and
moments. Nothing here waits, asks or writes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

OVERLOADED = (429, 503)
"""Answers by which a server says that it has too much to do: Too Many Requests, Service
Unavailable.
"""

FIRST_STEP = 1.0
"""Seconds between requests after the first such answer, where there was no delay that could be
doubled.
"""
RECOVERY = 0.98
"""Share of a slowed delay that is left after one good answer: from 60 s back to 1 s in about two
hundred of them.
"""
FORGETTING = 0.5
"""Share of a remembered delay that is left after a crawl without any such answer."""
PATIENCE = 8
"""Addresses in a row with such an answer that end a crawl of the site: nobody is helped by asking
on. A second try of the same address does not count: at the end of a crawl only those of a few
broken pages are left.
"""
FEW_FAILURES = 5
"""Addresses in a row that failed or were refused (5xx, 401, 403, no answer), from which on none is
asked a second time until one is answered.
"""
MANY_FAILURES = 20
"""As many in a row end a crawl of the site. Those beyond FEW_FAILURES are written down as failed,
so that broken pages keep no crawl from the stories behind them for ever.
"""
REST = timedelta(hours=1)
"""How long the site is left alone then."""
LONGEST_QUIET = timedelta(days=30)
"""The longest pause that is remembered: a header of a broken server must not silence a site for
ever.
"""
SHORTEST = 0.01
"""Seconds; a slowed delay below it is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds between the requests of one crawl, and what the site's answers made of them."""

    usual: float
    """As the settings and robots.txt have it."""
    slowest: float
    """What a site is slowed down to at most by its answers; a longer usual delay stands."""
    slowed: float = 0.0
    """As the answers have it; 0 where they asked for nothing."""
    began: float = 0.0
    """`slowed` when the crawl began: what earlier crawls remember."""
    good: int = 0
    overloaded: int = 0
    in_a_row: int = 0
    """Good answers, and those with a wish for fewer requests; addresses with such an answer since
    the last good one.
    """
    failing: int = 0
    """Addresses that failed otherwise since the last good answer."""

    @classmethod
    def of(cls, *, usual: float, slowest: float, remembered: float = 0.0) -> Pace:
        """The pace that a crawl begins with."""
        began = min(remembered, slowest)
        return cls(usual=usual, slowest=slowest, slowed=began, began=began)

    @property
    def delay(self) -> float:
        """Seconds from an answer to the next request.

        >>> Pace(usual=1.0, slowest=60.0).after(429).after(429).delay
        4.0
        """
        return max(self.usual, self.slowed)

    def after(self, status: int, *, again: bool = False) -> Pace:
        """The pace after an answer with this status; `again`: the same was asked before, and its
        answer counted.
        """
        if status in OVERLOADED:
            slowed = self._step(self.delay)
            return replace(
                self,
                slowed=slowed,
                overloaded=self.overloaded + 1,
                in_a_row=self.in_a_row + (not again),
            )
        if is_failure(status):
            return self.after_failure(again=again)
        slowed = self.slowed * RECOVERY
        return replace(
            self,
            slowed=slowed if slowed > max(self.usual, SHORTEST) else 0.0,
            good=self.good + 1,
            in_a_row=0,
            failing=0,
        )

    def after_failure(self, *, again: bool = False) -> Pace:
        """The pace after a request that got no answer, or one that says nothing of how busy the
        server is.
        """
        return replace(self, failing=self.failing + (not again))

    def remembered(self) -> float:
        """What the next crawl begins with; 0 for the usual delay.

        A crawl that was asked for fewer requests leaves at least one step to the next; one that was
        not, half of what it found; one that had no answer at all leaves all as it was.
        """
        if self.overloaded:
            slowed = max(self.slowed, self._step(self.usual))
        else:
            slowed = min(self.slowed, self.began * FORGETTING) if self.good else self.slowed
        return slowed if slowed > max(self.usual, SHORTEST) else 0.0

    def _step(self, delay: float) -> float:
        return min(self.slowest, max(2 * delay, FIRST_STEP))


def is_failure(status: int) -> bool:
    """Whether an answer says that the server fails (5xx) or refuses us (401, 403), and nothing of
    how busy it is.
    """
    return status in (401, 403) or (status >= 500 and status not in OVERLOADED)


def quiet_until(seconds: float, *, now: datetime) -> datetime:
    """The end of a pause of so many seconds that begins now, as far as it is kept to."""
    return now + timedelta(seconds=min(max(seconds, 0.0), LONGEST_QUIET.total_seconds()))


def retry_after_seconds(value: str, *, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or as a date; None for nonsense.

    >>> from datetime import UTC
    >>> retry_after_seconds("120", now=datetime(2026, 1, 1, tzinfo=UTC))
    120.0
    """
    value = value.strip()
    if value.isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment - now).total_seconds()) if moment.tzinfo is not None else None
