"""class Pacing: how one crawl keeps to the pace of its site, and what it remembers of it for the
next one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic

from scrapy.core.downloader import Slot
from scrapy.settings import BaseSettings

from archive.ledger.backoff import Backoff, Backoffs
from scraper.politeness import rules
from scraper.politeness.rules import Pace

MAX_CRAWL_DELAY = 120.0
"""Seconds; a longer Crawl-delay would make a crawl that never ends."""


@dataclass(slots=True, kw_only=True)
class Pacing:
    """The pace of a site's requests; all hosts of the site share it."""

    site: str
    pace: Pace
    reason: str = "http_429"
    """Why it is slowed down, where it is."""
    quiet_until: datetime | None = None
    """As the site asked for; may have passed."""
    only_raise: bool = False
    """Something else (Scrapy's AutoThrottle) may make the delay longer."""
    _own: float = 0.0
    _crawl_delays: dict[str, float] = field(default_factory=dict)
    _resume: float = 0.0

    @classmethod
    def of(cls, site: str, settings: BaseSettings, remembered: Backoff | None) -> Pacing:
        """The pace that a crawl begins with: the settings', or what the site asked for."""
        own = float(
            settings.getdict("DOWNLOAD_SLOTS")
            .get(site, {})
            .get("delay", settings.getfloat("DOWNLOAD_DELAY"))
        )
        delay = remembered.delay if remembered else 0.0
        return cls(
            site=site,
            pace=Pace.of(usual=own, slowest=settings.getfloat("SLOWEST_DELAY"), remembered=delay),
            reason=remembered.reason if remembered else "http_429",
            quiet_until=remembered.quiet_until if remembered else None,
            only_raise=settings.getbool("AUTOTHROTTLE_ENABLED"),
            _own=own,
        )

    def obey(self, host: str, crawl_delay: float) -> None:
        """A Crawl-delay of any of the site's hosts that is longer than our own is kept to by all of
        its requests.
        """
        self._crawl_delays[host] = min(crawl_delay, MAX_CRAWL_DELAY)
        self.pace = replace(self.pace, usual=max(self._own, *self._crawl_delays.values()))

    def note(self, status: int, *, again: bool = False) -> None:
        """An answer came, the first one of its address or a further one."""
        self.pace = self.pace.after(status, again=again)
        if status in rules.OVERLOADED:
            self.reason = "http_429" if status == 429 else "http_5xx"

    def note_failure(self, *, again: bool = False) -> None:
        """No answer came."""
        self.pace = self.pace.after_failure(again=again)

    def forget_failures(self) -> None:
        """What comes now is of another kind."""
        self.pace = replace(self.pace, failing=0)

    def pause(self, seconds: float, *, now: datetime) -> None:
        """The site wants to be left alone so long; a shorter wish takes nothing from a longer one."""
        until = rules.quiet_until(seconds, now=now)
        self.quiet_until = max(until, self.quiet_until or until)
        self._resume = max(self._resume, monotonic() + seconds)

    def end(self, seconds: float, *, now: datetime) -> None:
        """The same for so long that this crawl does not wait for it."""
        self.pause(seconds, now=now)
        self.close()

    def close(self) -> None:
        """Nothing more is asked in this crawl."""
        self._resume = math.inf

    @property
    def over(self) -> bool:
        """Whether nothing more is asked in this crawl."""
        return self._resume == math.inf

    def left(self) -> float:
        """Seconds of the pause that are left; 0 where nothing is to be waited for."""
        return max(0.0, self._resume - monotonic())

    def apply(self, slot: Slot) -> None:
        """Let Scrapy keep to the pace from here on."""
        slot.delay = max(slot.delay, self.pace.delay) if self.only_raise else self.pace.delay

    def keep(self, memory: Backoffs, *, now: datetime) -> None:
        """Write down what the next crawl has to know, inside a transaction; a crawl without an
        answer knows nothing new.
        """
        if not self.pace.good and not self.pace.overloaded:
            return
        delay, until = (
            self.pace.remembered(),
            self.quiet_until if self.quiet_until and self.quiet_until > now else None,
        )
        if delay or until:
            memory.note(self.site, delay=delay, quiet_until=until, reason=self.reason)
        else:
            memory.forget(self.site)
