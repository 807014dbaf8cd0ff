"""How far a crawl slows down or stops for an overloaded or failing site: pure functions of time."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Self

OVERLOADED = (429, 503)
"""Too Many Requests, Service Unavailable: the server reports that it is overloaded."""

FIRST_STEP = 1.0
"""Seconds between requests after the first such response, if there was no delay to double."""
RECOVERY = 0.98
"""Factor per good response on a slowed delay: from 60 s back to 1 s in about 200 responses."""
FORGETTING = 0.5
"""Factor on a remembered delay after a crawl without any such response."""
PATIENCE = 8
"""Overloaded addresses in a row that end the crawl of the site. Retries of one address do not
count: at the end of a crawl only the retries of a few broken pages are left.
"""
FEW_FAILURES = 5
"""Failed or refused addresses in a row (5xx, 401, 403, no response) after which none is retried
until a request succeeds.
"""
MANY_FAILURES = 20
"""Failed addresses in a row that end the crawl. Those beyond FEW_FAILURES are recorded as failed,
so that broken pages never block the stories behind them for good.
"""
REST = timedelta(hours=1)
"""How long the site is not crawled after that."""
LONGEST_QUIET = timedelta(days=30)
"""Upper limit of a remembered pause: a broken header must not silence a site for good."""
SHORTEST = 0.01
"""Seconds; a slowed delay below it counts as none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds between the requests of one crawl, and what the site's responses made of them."""

    usual: float
    """Seconds, from the settings and robots.txt."""
    slowest: float
    """Seconds; upper limit of `slowed`. A longer `usual` still holds."""
    slowed: float = 0.0
    """Seconds, from the responses; 0 if none reported overload."""
    began: float = 0.0
    """`slowed` when the crawl began, remembered from earlier crawls."""
    good: int = 0
    """Good responses."""
    overloaded: int = 0
    """Responses that reported overload."""
    in_a_row: int = 0
    """Overloaded addresses since the last good response."""
    failing: int = 0
    """Addresses that failed otherwise since the last good response."""

    @classmethod
    def of(cls, *, usual: float, slowest: float, remembered: float = 0.0) -> Self:
        """The pace at the beginning of a crawl."""
        began = min(remembered, slowest)
        return cls(usual=usual, slowest=slowest, slowed=began, began=began)

    @property
    def delay(self) -> float:
        """Seconds from a response to the next request.

        >>> Pace(usual=1.0, slowest=60.0).after(429).after(429).delay
        4.0
        """
        return max(self.usual, self.slowed)

    def after(self, status: int, *, again: bool = False) -> Self:
        """The pace after a response; `again` marks a retry of an address that was counted."""
        if status in OVERLOADED:
            return replace(
                self,
                slowed=self._step(self.delay),
                overloaded=self.overloaded + 1,
                in_a_row=self.in_a_row + (not again),
            )
        if is_failure(status):
            return self.after_failure(again=again)
        slowed = self._unless_negligible(self.slowed * RECOVERY)
        return replace(self, slowed=slowed, good=self.good + 1, in_a_row=0, failing=0)

    def after_failure(self, *, again: bool = False) -> Self:
        """The pace after no response, or one that does not depend on the server's load."""
        return replace(self, failing=self.failing + (not again))

    def remembered(self) -> float:
        """Seconds of delay that the next crawl begins with; 0 for the usual delay.

        After an overload at least one step; after a crawl without overload half of what it began
        with; after a crawl without any response the same.
        """
        if self.overloaded:
            return self._unless_negligible(max(self.slowed, self._step(self.usual)))
        if self.good:
            return self._unless_negligible(min(self.slowed, self.began * FORGETTING))
        return self._unless_negligible(self.slowed)

    def _step(self, delay: float) -> float:
        return min(self.slowest, max(2 * delay, FIRST_STEP))

    def _unless_negligible(self, delay: float) -> float:
        return delay if delay > max(self.usual, SHORTEST) else 0.0


def is_failure(status: int) -> bool:
    """Whether the server fails (5xx) or refuses us (401, 403), whatever its load."""
    return status in (401, 403) or (status >= 500 and status not in OVERLOADED)


def quiet_until(seconds: float, *, now: datetime) -> datetime:
    """The end of a pause that begins now, limited to LONGEST_QUIET."""
    return now + timedelta(seconds=min(max(seconds, 0.0), LONGEST_QUIET.total_seconds()))


def retry_after_seconds(value: str, *, now: datetime) -> float | None:
    """Seconds of a Retry-After header, given as a number or a date; None if it is neither.

    >>> from datetime import UTC
    >>> retry_after_seconds("120", now=datetime(2026, 1, 1, tzinfo=UTC))
    120.0
    """
    value = value.strip()
    if value.isdecimal():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if at.tzinfo is None:
        return None
    return max(0.0, (at - now).total_seconds())
