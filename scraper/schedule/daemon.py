"""The long process: threads around class Schedule, signals, and the log."""

from __future__ import annotations

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
from scraper.configuration import Scheduling
from scraper.schedule.processes import Order, Runs
from scraper.schedule.schedule import PATIENCE, Schedule

logger = logging.getLogger("warta.schedule")

_LAST_WORDS = 3.0
"""Seconds that hooks get to end when everything stops; one that waits for a dead server is left
alone.
"""


class Shell:
    """Runs a Schedule in real time until it is told to stop: a thread that ticks, one that looks at
    health, and one a crawl.
    """

    def __init__(
        self, schedule: Schedule, runs: Runs, keys: Scheduling, clock: Callable[[], datetime]
    ) -> None:
        self._schedule = schedule
        self._runs = runs
        self._keys = keys
        self._clock = clock
        self._checking = False
        self._problem = ""
        self._crawl_ended = Event()
        self._stopped = Event()

    def run(self, wait: Callable[[], None]) -> bool:
        """Crawl until `wait` returns; then end all crawls within seconds. False where a hook still
        waits for something.
        """
        wake = (
            self._tick()
        )  # before health is looked at: a crawl that is overdue is under way by then
        for target, given in ((self._tick_on, (wake,)), (self._check_on, ())):
            Thread(target=target, args=given, daemon=True).start()
        try:
            wait()
        finally:
            logger.info("stopping", extra={"under_way": sorted(self._schedule.under_way)})
            self._schedule.stopping = True
            self._stopped.set()
            self._crawl_ended.set()
            self._runs.stop(self._keys.grace)
            said = self._wait_for_last_words()
            self._schedule.close()
        return said

    def _tick_on(self, wake: datetime) -> None:
        """Tick at each moment that is worth it, and whenever a crawl has ended: its site may be due
        again.
        """
        while not self._stopped.is_set():
            self._crawl_ended.wait(max(0.0, (wake - self._clock()).total_seconds()))
            self._crawl_ended.clear()
            wake = self._tick()

    def _tick(self) -> datetime:
        """Start what is due; the moment of the next tick, which comes whatever becomes of this one."""
        now = self._clock()
        try:
            for order in [] if self._stopped.is_set() else self._schedule.tick(now):
                Thread(target=self._crawl, args=(order,), daemon=True).start()
            wake, self._problem = self._schedule.wake_at(now), ""
        except ArchiveError as error:
            if str(error) != self._problem:  # once, however long it lasts
                logger.error("archive unreadable", extra={"why": str(error)})  # noqa: TRY400 - one line
            self._problem = str(error)
        except Exception:
            logger.exception("the tick failed")
        else:
            return wake
        return now + PATIENCE

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
            self._stopped.wait(self._keys.check_every * 60)

    def _wait_for_last_words(self) -> bool:
        deadline = time.monotonic() + _LAST_WORDS
        while (
            busy := bool(self._schedule.under_way) or self._checking
        ) and time.monotonic() < deadline:
            time.sleep(0.02)
        return not busy


@contextmanager
def told_to_stop() -> Iterator[Callable[[], None]]:
    """Gives a function that returns when SIGTERM or SIGINT has come; a second one changes nothing."""
    reader, writer = os.pipe()
    before = {
        number: signal.signal(number, lambda *_given: os.write(writer, b"."))
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield lambda: (os.read(reader, 1), None)[1]
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
        os.close(reader)
        os.close(writer)


_LEVELS = {
    "": logging.WARNING,
    "warta": logging.INFO,
    "scraper": logging.INFO,
    "archive": logging.INFO,
}
"""From which level on the log is kept, ours and that of the libraries."""


@contextmanager
def logged_as_json() -> Iterator[None]:
    """Inside, all that is logged or warned of goes to stderr, one JSON object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter())
    before = {name: logging.getLogger(name).level for name in _LEVELS}
    for name, level in _LEVELS.items():
        logging.getLogger(name).setLevel(level)
    logging.getLogger().addHandler(handler)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        logging.getLogger().removeHandler(handler)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def _formatter() -> logging.Formatter:
    given: dict[str, Any] = {
        "rename_fields": {"message": "event", "levelname": "level"},
        "timestamp": "at",
        "json_ensure_ascii": False,
    }
    return JsonFormatter("%(levelname)s %(message)s", **given)
