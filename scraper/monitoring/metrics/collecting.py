"""class ArchiveCollector: an archive as Prometheus' client library asks it."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from threading import Lock

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from archive.archive import Archive, Reader
from archive.database.clock import exact
from archive.errors import ArchiveError
from archive.monitoring.alert_log import lasting
from archive.monitoring.incidents import Incident
from scraper.monitoring.metrics.readings import READINGS, REVISIONS, Reading

logger = logging.getLogger(__name__)

FRESH = timedelta(minutes=1)
"""Scrapes within this time are given the same answer: to count a large ledger takes a part of a
second.
"""

FRESH_LOOK = timedelta(minutes=5)
"""How long what was found wrong is not looked for again, which takes longer than all else."""

Incidents = Callable[[Reader, datetime], Sequence[Incident]]


class LastLook:
    """What was found wrong when someone looked last: alerts look, and the metrics that are written
    right after need not look again.
    """

    def __init__(self, incidents: Incidents, *, fresh: timedelta = FRESH_LOOK) -> None:
        self._incidents = incidents
        self._fresh = fresh
        self._last: tuple[datetime, Sequence[Incident]] | None = None
        self._one_at_a_time = Lock()

    def look(self, archive: Reader, now: datetime) -> Sequence[Incident]:
        """Look now, and remember."""
        with self._one_at_a_time:  # a slow look never hides a later one
            found = self._incidents(archive, now)
            self._last = now, found
        return found

    def __call__(self, archive: Reader, now: datetime) -> Sequence[Incident]:
        """What was found a few minutes ago at most."""
        last = self._last
        return (
            last[1]
            if last is not None and timedelta(0) <= now - last[0] < self._fresh
            else self.look(archive, now)
        )


def registry(
    path: Path,
    *,
    clock: Callable[[], datetime],
    fresh: timedelta = FRESH,
    incidents: Incidents | None = None,
) -> CollectorRegistry:
    """A registry of its own, with the archive's metrics and nothing else."""
    made = CollectorRegistry()
    made.register(ArchiveCollector(path, clock=clock, fresh=fresh, incidents=incidents))
    return made


class ArchiveCollector(Collector):
    """Reads the archive at each collection, on a connection of its own; may be asked by many
    threads.

    An archive that cannot be read is no error of the collection: `warta_collect_success` is 0 then,
    and the log says why, once. `incidents` gives what is wrong at a moment; without it the alerts
    that last, as they were last noted, tell.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], datetime],
        fresh: timedelta = FRESH,
        incidents: Incidents | None = None,
    ) -> None:
        self._path = path
        self._clock = clock
        self._fresh = fresh
        self._incidents = incidents
        self._lock = Lock()
        self._collected_at: datetime | None = None
        self._metrics: list[Metric] = []
        self._revisions: Counter[tuple[str, ...]] = Counter()
        self._newest_revision = 0
        self._problem: str | None = None

    def describe(self) -> Iterable[Metric]:
        """Nothing is promised: registering reads no archive."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Called by the client library at each scrape."""
        with self._lock:
            now = self._clock()
            if (
                self._collected_at is None
                or not timedelta(0) <= now - self._collected_at < self._fresh
            ):
                self._metrics = self._collected(now)
                self._collected_at = now
            return list(self._metrics)

    def _collected(self, now: datetime) -> list[Metric]:
        begun = time.perf_counter()
        metrics = [
            _gauge(
                "warta_build_info",
                "The version of warta that collected this.",
                [((version("warta"),), 1)],
                ("version",),
            )
        ]
        problem = None
        try:
            with Archive(self._path, read_only=True) as archive:
                metrics += self._read(archive, now)
        except (ArchiveError, sqlite3.Error, OSError, ValueError) as error:
            problem = str(error)
            if problem != self._problem:
                logger.warning("metrics: the archive cannot be read: %s", problem)
        self._problem = problem
        return [
            *metrics,
            _gauge(
                "warta_collect_success",
                "Whether the archive could be read.",
                [((), problem is None)],
            ),
            _gauge(
                "warta_collect_timestamp_seconds",
                "When this was collected.",
                [((), now.timestamp())],
            ),
            _gauge(
                "warta_collect_duration_seconds",
                "How long collecting took.",
                [((), time.perf_counter() - begun)],
            ),
        ]

    def _read(self, archive: Archive, now: datetime) -> Iterator[Metric]:
        for reading in READINGS:
            yield _family(reading, _rows(archive, reading, {"now": exact(now)}))
        yield _family(REVISIONS, self._count_revisions(archive))
        found = (
            self._incidents(archive, now) if self._incidents is not None else lasting(archive.db)
        )
        labels = {
            (each.kind, each.site or "", each.layout or "") for each in found if not each.over
        }
        text = "1 for each thing that needs a look, as long as it lasts."
        yield _gauge(
            "warta_incident",
            text,
            [(each, 1) for each in sorted(labels)],
            ("kind", "site", "layout"),
        )
        yield _gauge(
            "warta_archive_bytes",
            "Bytes of the archive's file and of its log.",
            [((), _size(self._path))],
        )
        free = shutil.disk_usage(self._path.absolute().parent).free
        yield _gauge(
            "warta_disk_free_bytes", "Bytes that are free on the archive's disk.", [((), free)]
        )

    def _count_revisions(self, archive: Archive) -> list[tuple[tuple[str, ...], float]]:
        (newest,) = archive.db.conn.execute("SELECT coalesce(max(id), 0) FROM revisions").fetchone()
        if (
            newest < self._newest_revision
            # Another archive stands at the path, or the newest were taken down: Prometheus sees a reset
        ):
            self._revisions.clear()
            self._newest_revision = 0
        new = _rows(archive, REVISIONS, {"after": self._newest_revision, "newest": newest})
        self._revisions.update({labels: int(count) for labels, count in new})
        self._newest_revision = newest
        return list(self._revisions.items())


def _rows(
    archive: Archive, reading: Reading, values: dict[str, str | int]
) -> list[tuple[tuple[str, ...], float]]:
    used = {name: value for name, value in values.items() if f":{name}" in reading.query}
    return [
        (tuple(map(str, row[:-1])), float(row[-1] or 0))
        for row in archive.db.conn.execute(reading.query, used)
    ]


def _family(reading: Reading, rows: Iterable[tuple[tuple[str, ...], float]]) -> Metric:
    if not reading.is_counter:
        return _gauge(reading.name, reading.text, rows, reading.labels)
    family = CounterMetricFamily(reading.name, reading.text, labels=reading.labels)
    for labels, value in rows:
        family.add_metric(labels, value)
    return family


def _gauge(
    name: str, text: str, rows: Iterable[tuple[tuple[str, ...], float]], labels: Sequence[str] = ()
) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, value in rows:
        family.add_metric(values, float(value))
    return family


def _size(path: Path) -> int:
    log = path.with_name(path.name + "-wal")
    return path.stat().st_size + (log.stat().st_size if log.exists() else 0)
