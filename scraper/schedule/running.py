"""The long process: APScheduler's threads around class Schedule, signals, and the log."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from pythonjsonlogger.json import JsonFormatter

from archive.errors import ArchiveError
from scraper.configuration import Scheduling
from scraper.schedule.runs import Order, Runs
from scraper.schedule.schedule import PATIENCE, Schedule

logger = logging.getLogger("warta.schedule")

_LAST_WORDS = 3.0
"""Seconds that hooks get to end when everything stops; one that waits for a dead server is left alone."""


class Shell:
    """Runs a Schedule in real time until it is told to stop."""

    def __init__(self, schedule: Schedule, runs: Runs, keys: Scheduling, clock: Callable[[], datetime]) -> None:
        self._schedule = schedule
        self._runs = runs
        self._keys = keys
        self._clock = clock
        self._checking = False
        crawls = max(1, len(schedule.timetable.rhythms))
        # APScheduler drops a job that is due while as many of it run: each crawl's end may come while a tick does.
        self._ticks_at_once = crawls + 2
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(2), "crawls": ThreadPoolExecutor(crawls)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def run(self, wait: Callable[[], None]) -> bool:
        """Crawl until `wait` returns; then end all crawls within seconds. False where a hook still waits for something."""
        minutes = self._keys.check_every
        self._scheduler.add_job(self._check, "interval", minutes=minutes, id="check", next_run_time=self._clock())
        # Whatever becomes of a tick, another one follows.
        self._scheduler.add_job(self._tick, "interval", seconds=PATIENCE.total_seconds(), id="patience")
        self._arm(self._clock())
        self._scheduler.start()
        try:
            wait()
        finally:
            logger.info("stopping", extra={"under_way": sorted(self._schedule.under_way)})
            self._schedule.stopping = True
            self._scheduler.pause()
            self._runs.stop(self._keys.grace)
            self._scheduler.shutdown(wait=False)
            said = self._wait_for_last_words()
            self._schedule.close()
        return said

    def _tick(self) -> None:
        now = self._clock()
        wake = now + PATIENCE
        try:
            for order in self._schedule.tick(now):
                self._scheduler.add_job(self._crawl, args=[order], id=order.site, executor="crawls", replace_existing=True)
            wake = self._schedule.wake_at(now)
        except ArchiveError as error:
            logger.error("archive unreadable", extra={"why": str(error)})  # noqa: TRY400 - one line
        finally:
            self._arm(wake)

    def _crawl(self, order: Order) -> None:
        try:
            self._schedule.crawl(order, self._clock)
        finally:
            self._arm(self._clock())

    def _check(self) -> None:
        self._checking = True
        try:
            self._schedule.check(self._clock())
        finally:
            self._checking = False

    def _arm(self, moment: datetime) -> None:
        """The next tick is at that moment."""
        if not self._schedule.stopping:
            self._scheduler.add_job(
                self._tick, "date", run_date=moment, id="tick", replace_existing=True, max_instances=self._ticks_at_once
            )

    def _wait_for_last_words(self) -> bool:
        deadline = time.monotonic() + _LAST_WORDS
        while (busy := bool(self._schedule.under_way) or self._checking) and time.monotonic() < deadline:
            time.sleep(0.02)
        return not busy


@contextmanager
def told_to_stop() -> Iterator[Callable[[], None]]:
    """Gives a function that returns when SIGTERM or SIGINT has come; a second one changes nothing."""
    reader, writer = os.pipe()
    before = {number: signal.signal(number, lambda *_given: os.write(writer, b".")) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: (os.read(reader, 1), None)[1]
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
        os.close(reader)
        os.close(writer)


@contextmanager
def logged_as_json() -> Iterator[None]:
    """Inside, the log goes to stderr, one JSON object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter())
    watched = {"warta.schedule": logging.INFO} | dict.fromkeys(("scraper", "archive", "apscheduler"), logging.WARNING)
    for name, level in watched.items():
        log = logging.getLogger(name)
        log.setLevel(level)
        log.addHandler(handler)
        log.propagate = False
    try:
        yield
    finally:
        for name in watched:
            logging.getLogger(name).removeHandler(handler)


def _formatter() -> logging.Formatter:
    given: dict[str, Any] = {"rename_fields": {"message": "event", "levelname": "level"}, "timestamp": "at", "json_ensure_ascii": False}
    return JsonFormatter("%(levelname)s %(message)s", **given)
