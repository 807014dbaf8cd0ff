"""class Pacing: the delay between the requests of a crawl, and what the next crawl remembers."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic
from typing import Self

from scrapy.core.downloader import Slot
from scrapy.settings import BaseSettings

from archive.ledger.backoff import Backoff, Backoffs
from scraper.politeness import rules
from scraper.politeness.rules import Pace

MAX_CRAWL_DELAY = 120.0
"""Seconds; with a longer Crawl-delay a crawl would never end."""


@dataclass(slots=True, kw_only=True)
class Pacing:
    """The pace of a site's requests, shared by all hosts of the site."""

    site: str
    pace: Pace
    reason: str = "http_429"
    """Why it is slowed down, if it is: a code of archive.ledger.wording."""
    quiet_until: datetime | None = None
    """End of the pause that the site requested; may have passed."""
    only_raise: bool = False
    """Something else (Scrapy's AutoThrottle) may lengthen the delay."""
    clock: Callable[[], float] = monotonic
    """Seconds of a monotonic clock."""
    _own: float = 0.0
    _crawl_delays: dict[str, float] = field(default_factory=dict)
    _resume: float = 0.0
    _rested: float = 0.0

    @classmethod
    def of(cls, site: str, settings: BaseSettings, remembered: Backoff | None) -> Self:
        """The pace at the beginning of a crawl: from the settings and the remembered backoff."""
        slots = settings.getdict("DOWNLOAD_SLOTS")
        own = float(slots.get(site, {}).get("delay", settings.getfloat("DOWNLOAD_DELAY")))
        slowest, only_raise = (
            settings.getfloat("SLOWEST_DELAY"),
            settings.getbool("AUTOTHROTTLE_ENABLED"),
        )
        if remembered is None:
            pace = Pace.of(usual=own, slowest=slowest)
            return cls(site=site, pace=pace, only_raise=only_raise, _own=own)
        return cls(
            site=site,
            pace=Pace.of(usual=own, slowest=slowest, remembered=remembered.delay),
            reason=remembered.reason,
            quiet_until=remembered.quiet_until,
            only_raise=only_raise,
            _own=own,
        )

    def obey(self, host: str, crawl_delay: float) -> None:
        """Apply a host's Crawl-delay, if longer than our own, to all requests of the site."""
        self._crawl_delays[host] = min(crawl_delay, MAX_CRAWL_DELAY)
        self.pace = replace(self.pace, usual=max(self._own, *self._crawl_delays.values()))

    def note(self, status: int, *, again: bool = False) -> None:
        """Count a response; `again` marks a retry."""
        self.pace = self.pace.after(status, again=again)
        if status in rules.OVERLOADED:
            self.reason = "http_429" if status == 429 else "http_5xx"

    def note_failure(self, *, again: bool = False) -> None:
        """Count a request without a response."""
        self.pace = self.pace.after_failure(again=again)

    def forget_failures(self) -> None:
        """Count failures anew: requests of another kind follow."""
        self.pace = replace(self.pace, failing=0)

    def pause(self, seconds: float, *, now: datetime) -> None:
        """Pause for as long as the site requests; a shorter pause never shortens a longer one."""
        until = rules.quiet_until(seconds, now=now)
        self.quiet_until = max(until, self.quiet_until or until)
        self._resume = max(self._resume, self.clock() + seconds)

    def end(self, seconds: float, *, now: datetime) -> None:
        """Pause longer than this crawl waits: it requests nothing more."""
        self.pause(seconds, now=now)
        self.close()

    def close(self) -> None:
        """Request nothing more in this crawl."""
        self._resume = math.inf

    @property
    def over(self) -> bool:
        """Whether this crawl requests nothing more."""
        return self._resume == math.inf

    def left(self) -> float:
        """Seconds that are left of the pause and of the delay; 0 if a request may be sent."""
        return max(0.0, max(self._resume, self._rested) - self.clock())

    def promised(self, now: datetime) -> float:
        """Seconds that are left of what the site requested, also after the end of the crawl."""
        if not self.quiet_until:
            return 0.0
        return max(0.0, (self.quiet_until - now).total_seconds())

    def apply(self, slot: Slot) -> None:
        """Set the delay of Scrapy's download slot."""
        slot.delay = max(slot.delay, self.pace.delay) if self.only_raise else self.pace.delay

    def rest(self, slot: Slot) -> None:
        """Count the delay from now on, the end of a response."""
        self.apply(slot)
        slot.lastseen = self.clock()
        self._rested = slot.lastseen + slot.delay

    def keep(self, memory: Backoffs, *, now: datetime) -> None:
        """Store what the next crawl needs, inside a transaction; nothing without a response."""
        if not self.pace.good and not self.pace.overloaded:
            return
        delay = self.pace.remembered()
        until = self.quiet_until if self.quiet_until and self.quiet_until > now else None
        if delay or until:
            memory.note(self.site, delay=delay, quiet_until=until, reason=self.reason)
        else:
            memory.forget(self.site)
