"""class Schedule: decides at each tick which crawls to start, runs them, and tells what came of
them. The time is a parameter.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Lock

from archive.archive import Archive
from archive.database.connection import plain_errors
from archive.errors import ArchiveError, Locked
from scraper.politeness.locks import locks_of
from scraper.schedule.interrupted import end_killed
from scraper.schedule.processes import Order, Result
from scraper.schedule.timetable import AHEAD, LastCrawl, Timetable, last_crawls

logger = logging.getLogger("warta.schedule")

PATIENCE = timedelta(minutes=1)
"""How long nobody looks at the archive, whose crawls by hand change what is due."""

WAIT = timedelta(minutes=15)
"""How long a single run waits for a site that somebody else has."""

Run = Callable[[Order], Result | None]


@dataclass(slots=True, kw_only=True)
class Hooks:
    """What else happens in the course of a schedule. One that raises is logged, and stops nothing."""

    after: list[Callable[[str, Result, datetime], None]] = field(default_factory=list)
    """Called with the site, the result and the time when a crawl has ended."""
    check: list[Callable[[datetime], object]] = field(default_factory=list)
    """Called with the time every few minutes."""
    close: list[Callable[[], None]] = field(default_factory=list)
    """Called once at the end."""


class Schedule:
    """The crawls of one archive. Its memory is the archive; only what is under way, and what failed
    to begin, it knows itself.

    A simulated month needs no more than `for order in schedule.tick(now): schedule.crawl(order,
    clock)`.
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
        self._order = order or Order(site="", archive=archive)
        self._started: dict[str, datetime] = {}
        self._under_way: set[str] = set()
        self._put_off: dict[str, datetime] = {}
        """Sites that could not be begun with: until when."""
        self._why_put_off: dict[str, str] = {}
        """As it was told, until a crawl of the site has run."""
        self._lock = Lock()

    @property
    def under_way(self) -> frozenset[str]:
        """Sites that are being crawled."""
        with self._lock:
            return frozenset(self._under_way)

    def tick(self, now: datetime) -> list[Order]:
        """The crawls to start now; from here on they are under way, and each has to be given to
        `crawl`. Raises ArchiveError.

        A site that somebody else crawls or asks waits for the next tick.
        """
        known = self._last_crawls()
        with self._lock:
            due = [
                site
                for site in self.timetable.due(now, self._last(known, now), self._under_way)
                if self._is_free(site, now)
            ]
            self._under_way.update(due)
            self._started.update(dict.fromkeys(due, now))
        return [
            replace(self._order, site=site, since=self.timetable.since(site, known.get(site), now))
            for site in due
        ]

    def wake_at(self, now: datetime) -> datetime:
        """When the next tick is worth it. Raises ArchiveError."""
        known = self._last_crawls()
        with self._lock:
            due = self.timetable.wake_at(
                now, self._last(known, now), {*self._under_way, *self._put_off}
            )
        return min(due or now + PATIENCE, now + PATIENCE)

    def crawl(self, order: Order, clock: Callable[[], datetime]) -> Result | None:
        """Run a crawl that `tick` ordered, log one line, and call the hooks; None where it was not
        started.
        """
        try:
            result = self._run(order)
            if result is not None and result.locked_out:
                with self._lock:
                    self._wait_for(
                        order.site, result.said.rpartition("\n")[2], clock(), level=logging.INFO
                    )
            elif result is not None:
                self._tell(result, clock())
        except OSError as error:
            with self._lock:
                self._wait_for(order.site, str(error), clock(), level=logging.ERROR)
            return None
        finally:
            with self._lock:
                self._under_way.discard(order.site)
        return result

    def check(self, now: datetime) -> None:
        """Call the hooks that look at health."""
        for hook in self.hooks.check:
            _guarded(partial(hook, now))

    def close(self) -> None:
        """Call the hooks of the end."""
        for hook in self.hooks.close:
            _guarded(hook)

    def _tell(self, result: Result, now: datetime) -> None:
        _log(result)
        with self._lock:
            self._why_put_off.pop(result.site, None)
        if not result.well:
            end_killed(
                self.archive,
                result.site,
                now=now,
                reason="broke_off" if result.ended == "broken" else result.ended,
            )
        if not self.stopping:  # a crawl that we ended ourselves is no news
            self._call_after(result, now)

    def _is_free(self, site: str, now: datetime) -> bool:
        """Whether nobody else crawls or asks the site; one that is not free is looked at again in a
        minute.
        """
        if now < self._put_off.get(site, now) <= now + PATIENCE:
            return False
        try:
            locks_of(self.archive, [site]).close()
        except Locked as error:
            self._wait_for(site, str(error), now, level=logging.INFO)
            return False
        except ArchiveError:
            pass  # the crawl will tell
        self._put_off.pop(site, None)
        return True

    def _wait_for(self, site: str, why: str, now: datetime, *, level: int) -> None:
        """The site stays due; it is told once, however long it waits."""
        if self._why_put_off.get(site) != why:
            logger.log(level, "crawl waits", extra={"site": site, "why": why})
        self._put_off[site], self._why_put_off[site] = now + PATIENCE, why
        self._started.pop(site, None)

    def _call_after(self, result: Result, now: datetime) -> None:
        for hook in self.hooks.after:
            _guarded(partial(hook, result.site, result, now))

    def _last_crawls(self) -> Mapping[str, LastCrawl]:
        with plain_errors(self.archive), Archive(self.archive, read_only=True) as archive:
            return last_crawls(archive)

    def _last(self, known: Mapping[str, LastCrawl], now: datetime) -> dict[str, datetime]:
        """When each site's last crawl began; one that never came as far as the archive counts as
        well, one of a clock ahead does not.
        """
        last = {
            site: began for site, crawl in known.items() if (began := crawl.began(now)) is not None
        }
        for site, started in self._started.items():
            if started > now + AHEAD:
                continue
            last[site] = max(started, last.get(site, started))
        return last


def _guarded(hook: Callable[[], object]) -> None:
    try:
        hook()
    except Exception:
        logger.exception("a hook failed")


def _log(result: Result) -> None:
    """One line a crawl; what it said only where it failed."""
    line = {
        "site": result.site,
        "started_at": result.started_at.isoformat(timespec="seconds"),
        "seconds": round(result.seconds, 1),
        "exit_code": result.exit_code,
        "ended": result.ended,
        "counts": dict(result.counts),
    }
    if result.well or result.stopped:
        logger.info("crawl", extra=line)
    else:
        logger.warning("crawl", extra={**line, "said": result.said})
