"""Class ArchiveCollector: an archive's metrics for Prometheus' client library."""

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
from archive.errors import ArchiveError
from archive.monitoring.alert_log import lasting
from archive.monitoring.incidents import Incident
from archive.printable import one_line
from scraper.monitoring.metrics.readings import READINGS, REVISIONS, Rows

logger = logging.getLogger(__name__)

FRESH = timedelta(minutes=1)
"""How long metrics are cached: counting a large ledger takes a noticeable part of a second."""

FRESH_CHECK = timedelta(minutes=5)
"""How long incidents are cached: finding them takes longer than all else."""

Incidents = Callable[[Reader, datetime], Sequence[Incident]]
_Values = Iterable[tuple[tuple[str, ...], float]]


class LastCheck:
    """The incidents of the last health check, which alerts and metrics share."""

    def __init__(self, incidents: Incidents, *, fresh: timedelta = FRESH_CHECK) -> None:
        self._incidents = incidents
        self._fresh = fresh
        self._last: tuple[datetime, Sequence[Incident]] | None = None
        self._one_at_a_time = Lock()

    def check(self, archive: Reader, now: datetime) -> Sequence[Incident]:
        """Check now, and remember."""
        with self._one_at_a_time:  # a slow check never hides a later one
            found = self._incidents(archive, now)
            self._last = now, found
        return found

    def __call__(self, archive: Reader, now: datetime) -> Sequence[Incident]:
        """Return the incidents of a recent check, else of a new one."""
        last = self._last
        if last is not None and timedelta(0) <= now - last[0] < self._fresh:
            return last[1]
        return self.check(archive, now)


class ArchiveCollector(Collector):
    """Reads the archive at each collection on a connection of its own; thread-safe.

    If the archive cannot be read, `warta_collect_success` is 0, and the reason is logged once.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], datetime],
        fresh: timedelta = FRESH,
        incidents: Incidents | None = None,
    ) -> None:
        """Take what finds the incidents; without it, they are the lasting alerts last noted."""
        self._path = path
        self._clock = clock
        self._fresh = fresh
        self._incidents = incidents or (lambda archive, _now: lasting(archive.db))
        self._lock = Lock()
        self._collected_at: datetime | None = None
        self._metrics: list[Metric] = []
        self._revisions: Counter[tuple[str, ...]] = Counter()
        self._newest_revision = 0
        self._problem: str | None = None
        self.registry = CollectorRegistry()
        """With these metrics and nothing else."""
        self.registry.register(self)

    def describe(self) -> Iterable[Metric]:
        """Promise nothing, so that registering does not read the archive."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Called by the client library at each scrape."""
        with self._lock:
            now, last = self._clock(), self._collected_at
            if last is None or not timedelta(0) <= now - last < self._fresh:
                self._metrics = self._collected(now)
                self._collected_at = now
            return list(self._metrics)

    def _collected(self, now: datetime) -> list[Metric]:
        begun = time.perf_counter()
        text = "The version of warta that collected this."
        metrics = [_family("warta_build_info", text, [((version("warta"),), 1)], ("version",))]
        problem = None
        try:
            with Archive(self._path, read_only=True) as archive:
                metrics += self._read(archive, now)
        except (ArchiveError, sqlite3.Error, OSError, ValueError) as error:
            problem = str(error)
            if problem != self._problem:
                logger.warning("metrics: the archive cannot be read: %s", problem)
        self._problem = problem
        seconds = time.perf_counter() - begun
        return [
            *metrics,
            _single("warta_collect_success", "Whether the archive could be read.", problem is None),
            _single("warta_collect_timestamp_seconds", "When this was collected.", now.timestamp()),
            _single("warta_collect_duration_seconds", "How long collecting took.", seconds),
        ]

    def _read(self, archive: Archive, now: datetime) -> Iterator[Metric]:
        for reading in READINGS:
            rows = _counted(reading.rows(archive, now))
            yield _family(reading.name, reading.text, rows, reading.labels)
        counts = self._count_revisions(archive)
        yield _family(REVISIONS.name, REVISIONS.text, counts, REVISIONS.labels)
        found = [each for each in self._incidents(archive, now) if not each.over]
        kinds = sorted({(each.kind, each.site or "", each.layout or "") for each in found})
        text = "1 for each thing that needs a look, as long as it lasts."
        names = ("kind", "site", "layout")
        yield _family("warta_incident", text, [(labels, 1) for labels in kinds], names)
        text = "Bytes of the archive's file and of its log."
        yield _single("warta_archive_bytes", text, _size(self._path))
        free = shutil.disk_usage(self._path.absolute().parent).free
        yield _single("warta_disk_free_bytes", "Bytes that are free on the archive's disk.", free)

    def _count_revisions(self, archive: Archive) -> _Values:
        (newest,) = archive.db.conn.execute("SELECT coalesce(max(id), 0) FROM revisions").fetchone()
        if newest < self._newest_revision:
            # Another archive, or the newest were taken down: Prometheus sees a counter reset.
            self._revisions.clear()
            self._newest_revision = 0
        new = _counted(REVISIONS.rows(archive, self._newest_revision, newest))
        self._revisions.update({labels: int(count) for labels, count in new})
        self._newest_revision = newest
        return list(self._revisions.items())


def _counted(rows: Rows) -> _Values:
    return [(tuple(map(str, row[:-1])), float(row[-1] or 0)) for row in rows]


def _family(name: str, text: str, rows: _Values, labels: Sequence[str] = ()) -> Metric:
    """Return a metric with its values: a counter by its name, else a gauge."""
    kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
    family = kind(name, text, labels=labels)
    for values, value in rows:
        family.add_metric(list(map(one_line, values)), float(value))
    return family


def _single(name: str, text: str, value: float) -> Metric:
    return _family(name, text, [((), value)])


def _size(path: Path) -> int:
    log = path.with_name(path.name + "-wal")
    return path.stat().st_size + (log.stat().st_size if log.exists() else 0)
