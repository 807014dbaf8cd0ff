"""The long-running process: threads around class Schedule, signals, and the log."""

import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from archive.errors import ArchiveError
from scraper.schedule.processes import CrawlProcesses, Order
from scraper.schedule.schedule import TICK, Schedule

logger = logging.getLogger("warta.schedule")

_HOOKS_END = 3.0
"""Seconds that hooks have to end at shutdown; one that waits for a dead server is abandoned."""


class Daemon:
    """Runs a Schedule in real time: a thread that ticks, one that checks health, one per crawl."""

    def __init__(
        self,
        schedule: Schedule,
        processes: CrawlProcesses,
        clock: Callable[[], datetime],
        *,
        check_every: float,
    ) -> None:
        """Take the time between two health checks in minutes."""
        self._schedule = schedule
        self._processes = processes
        self._clock = clock
        self._check_every = check_every
        self._checking = False
        self._problem = ""
        self._crawl_ended = Event()
        self._stopped = Event()

    def run(self, wait: Callable[[], None]) -> bool:
        """Crawl until `wait` returns, then stop all crawls; False if a hook is still waiting."""
        wake = self._tick()  # before the first check: overdue crawls have started by then
        for target, given in ((self._tick_on, (wake,)), (self._check_on, ())):
            Thread(target=target, args=given, daemon=True).start()
        try:
            wait()
        finally:
            logger.info("stopping", extra={"under_way": sorted(self._schedule.under_way)})
            self._schedule.stopping = True
            self._stopped.set()
            self._crawl_ended.set()
            self._processes.stop()
            ended = self._wait_for_hooks()
            self._schedule.close()
        return ended

    def _tick_on(self, wake: datetime) -> None:
        """Tick when a site is due, and when a crawl has ended: its site may be due again."""
        while not self._stopped.is_set():
            self._crawl_ended.wait(max(0.0, (wake - self._clock()).total_seconds()))
            self._crawl_ended.clear()
            wake = self._tick()

    def _tick(self) -> datetime:
        """Start what is due; return the time of the next tick, which comes in any case."""
        now = self._clock()
        try:
            if not self._stopped.is_set():
                for order in self._schedule.tick(now):
                    Thread(target=self._crawl, args=(order,), daemon=True).start()
            wake, self._problem = self._schedule.wake_at(now), ""
        except ArchiveError as error:
            if str(error) != self._problem:  # once, however long it lasts
                why = {"why": str(error)}
                logger.error("archive unreadable", extra=why)  # noqa: TRY400 - one line
            self._problem = str(error)
        except Exception:
            logger.exception("the tick failed")
        else:
            return wake
        return now + TICK

    def _crawl(self, order: Order) -> None:
        try:
            self._schedule.crawl(order, self._clock)
        except Exception:
            logger.exception("the crawl failed", extra={"site": order.site})
        finally:
            self._crawl_ended.set()

    def _check_on(self) -> None:
        while not self._stopped.is_set():
            self._checking = True
            self._schedule.check(self._clock())
            self._checking = False
            self._stopped.wait(self._check_every * 60)

    def _wait_for_hooks(self) -> bool:
        deadline = time.monotonic() + _HOOKS_END
        while self._schedule.under_way or self._checking:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        return True


@contextmanager
def stop_signal() -> Iterator[Callable[[], None]]:
    """Yield a function that returns at the first SIGTERM or SIGINT; others are ignored.

    The kernel may deliver a signal to any thread. A Python handler runs in the main thread alone,
    which would sleep on in its `read`: the bytes are written by the C handler (`set_wakeup_fd`).
    """
    stops = (signal.SIGTERM, signal.SIGINT)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    woken = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    before = {number: signal.signal(number, lambda *_given: None) for number in stops}

    def wait() -> None:
        while (number := os.read(reader, 1)) and number[0] not in stops:
            pass  # a signal that another handler is for

    try:
        yield wait
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
        signal.set_wakeup_fd(woken)
        os.close(reader)
        os.close(writer)


_OURS = ("warta", "scraper", "archive")
"""Loggers whose information is logged; of all others, warnings are."""


@contextmanager
def json_log() -> Iterator[None]:
    """Write log records and Python's warnings to stderr, one JSON object per line."""
    given: dict[str, Any] = {
        "rename_fields": {"message": "event", "levelname": "level"},
        "timestamp": "at",
        "json_ensure_ascii": False,
    }
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter("%(levelname)s %(message)s", **given))
    handler.addFilter(
        lambda record: record.levelno >= logging.WARNING or record.name.split(".")[0] in _OURS
    )
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.removeHandler(handler)
        root.setLevel(before)
