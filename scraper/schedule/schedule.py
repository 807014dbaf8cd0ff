"""Class Schedule: decides which crawls to start, runs them, and logs how they ended."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from archive.archive import Archive
from archive.database.connection import plain_errors
from archive.ledger.crawls import BROKE_OFF
from scraper.schedule.interrupted import end_interrupted
from scraper.schedule.processes import BROKEN, Order, Result
from scraper.schedule.timetable import AHEAD, LastCrawl, Timetable, last_crawls

logger = logging.getLogger("warta.schedule")

TICK = timedelta(minutes=1)
"""How often the archive is read at least: crawls by hand change what is due."""
RETRY = timedelta(minutes=1)
"""How long a site waits that another process holds, or whose crawl could not be started."""
WAIT = timedelta(minutes=15)
"""How long a single run waits for a site that another process holds."""

Run = Callable[[Order], Result | None]


@dataclass(slots=True, kw_only=True)
class Hooks:
    """What else happens during a schedule. One that raises is logged, and stops nothing."""

    after: list[Callable[[str, Result, datetime], None]] = field(default_factory=list)
    """Called with the site, the result and the time when a crawl has ended."""
    check: list[Callable[[datetime], object]] = field(default_factory=list)
    """Called with the time every few minutes."""
    close: list[Callable[[], None]] = field(default_factory=list)
    """Called once at the end."""


class Schedule:
    """The crawls of one archive; the time is a parameter.

    The archive is its memory; only what is running, and what could not begin, is kept here. A
    simulated month is `for order in schedule.tick(now): schedule.crawl(order, clock)`.
    """

    def __init__(
        self,
        archive: Path,
        timetable: Timetable,
        run: Run,
        *,
        order: Order | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        self.archive = archive
        self.timetable = timetable
        self.hooks = hooks or Hooks()
        self.stopping = False
        self._run = run
        self._order = order or Order(archive=archive)
        self._started: dict[str, datetime] = {}
        self._under_way: set[str] = set()
        self._put_off: dict[str, datetime] = {}
        """Sites that could not be crawled -> when to try again."""
        self._why_put_off: dict[str, str] = {}
        """What was logged of them, until a crawl of the site has run."""
        self._lock = Lock()

    @property
    def under_way(self) -> frozenset[str]:
        """Sites that are being crawled."""
        with self._lock:
            return frozenset(self._under_way)

    def tick(self, now: datetime) -> list[Order]:
        """Return the crawls to start now; each must be given to `crawl`. Raises ArchiveError."""
        known = self._last_crawls()
        with self._lock:
            self._put_off = {
                site: until
                for site, until in self._put_off.items()
                if now < until <= now + RETRY  # later: the clock went back
            }
            busy = {*self._under_way, *self._put_off}
            due = self.timetable.due(now, self._last(known, now), busy)
            self._under_way.update(due)
            self._started.update(dict.fromkeys(due, now))
        return [
            replace(self._order, site=site, since=self.timetable.since(site, known.get(site), now))
            for site in due
        ]

    def wake_at(self, now: datetime) -> datetime:
        """Return when to tick next. Raises ArchiveError."""
        known = self._last_crawls()
        with self._lock:
            busy = {*self._under_way, *self._put_off}
            due = self.timetable.wake_at(now, self._last(known, now), busy)
        return min(due or now + TICK, now + TICK)

    def crawl(self, order: Order, clock: Callable[[], datetime]) -> Result | None:
        """Run a crawl, log one line, and call the hooks; None if it was not started.

        A site that another process holds stays due, and is tried again after RETRY.
        """
        try:
            result = self._run(order)
            if result is not None and result.locked_out:
                why = result.stderr.rpartition("\n")[2]
                self._put_site_off(order.site, why, clock(), level=logging.INFO)
            elif result is not None:
                self._report(result, clock())
        except OSError as error:
            self._put_site_off(order.site, str(error), clock(), level=logging.ERROR)
            return None
        finally:
            with self._lock:
                self._under_way.discard(order.site)
        return result

    def check(self, now: datetime) -> None:
        """Call the hooks that check health."""
        _call(self.hooks.check, now)

    def close(self) -> None:
        """Call the hooks of the end."""
        _call(self.hooks.close)

    def _report(self, result: Result, now: datetime) -> None:
        log_result(result)
        with self._lock:
            self._why_put_off.pop(result.site, None)
        if not result.succeeded:
            reason = BROKE_OFF if result.ended == BROKEN else result.ended
            end_interrupted(self.archive, result.site, now=now, reason=reason)
        if not self.stopping:  # one that we stopped is no news
            _call(self.hooks.after, result.site, result, now)

    def _put_site_off(self, site: str, why: str, now: datetime, *, level: int) -> None:
        """Keep the site due; logged once, however long it waits."""
        with self._lock:
            if self._why_put_off.get(site) != why:
                logger.log(level, "crawl waits", extra={"site": site, "why": why})
            self._put_off[site], self._why_put_off[site] = now + RETRY, why
            self._started.pop(site, None)

    def _last_crawls(self) -> Mapping[str, LastCrawl]:
        with plain_errors(self.archive), Archive(self.archive, read_only=True) as archive:
            return last_crawls(archive)

    def _last(self, known: Mapping[str, LastCrawl], now: datetime) -> dict[str, datetime]:
        """Return when each site's last crawl began, also if it never reached the archive."""
        began = {site: crawl.began(now) for site, crawl in known.items()}
        last = {site: at for site, at in began.items() if at is not None}
        for site, started in self._started.items():
            if started <= now + AHEAD:
                last[site] = max(started, last.get(site, started))
        return last


def _call(hooks: Iterable[Callable[..., object]], *given: object) -> None:
    for hook in hooks:
        try:
            hook(*given)
        except Exception:
            logger.exception("a hook failed")


def log_result(result: Result) -> None:
    """Log one line per crawl, with its output only if it failed."""
    line = {
        "site": result.site,
        "started_at": result.started_at.isoformat(timespec="seconds"),
        "seconds": round((result.ended_at - result.started_at).total_seconds(), 1),
        "exit_code": result.exit_code,
        "ended": result.ended,
        "counts": dict(result.counts),
    }
    if result.succeeded or result.stopped:
        logger.info("crawl", extra=line)
    else:
        logger.warning("crawl", extra={**line, "said": result.stderr})
