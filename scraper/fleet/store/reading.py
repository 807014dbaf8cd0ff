"""What health checks and metrics say of the archives of a fleet, each of one site."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from archive.archive import Archive, Reader
from archive.monitoring.health import Limits, incidents
from archive.monitoring.health_report import health_report
from archive.monitoring.incidents import Incident
from scraper.monitoring.metrics.collecting import ArchiveCollector

_OF_SEVERAL: dict[str, Callable[[Sequence[float]], float]] = {
    "warta_build_info": max,
    "warta_collect_success": min,
    "warta_collect_timestamp_seconds": max,
    "warta_disk_free_bytes": min,
}
"""How values of several archives that have the same labels are one; all others are added up."""


def health_rows(
    archives: Mapping[str, Path], sites: Sequence[str], *, now: datetime, limits: Limits
) -> list[dict[str, Any]]:
    """Return the rows of `warta health --json`, each read from the archive of its site.

    A site without an archive counts as one that was never crawled. The disks are the workers', so
    their room is not looked at.
    """
    limits = replace(limits, disk_free=0)
    rows = []
    with _opened(archives, sites) as opened:
        for site, archive in opened.items():
            rows += health_report(archive, [site], now=now, limits=limits)
    return [row for row in rows if row["site"] is not None]


@contextmanager
def _opened(archives: Mapping[str, Path], sites: Sequence[str]) -> Iterator[dict[str, Archive]]:
    with ExitStack() as stack:
        empty = Path(stack.enter_context(TemporaryDirectory(prefix="warta-"))) / "empty.db"
        if not set(sites) <= archives.keys():
            Archive(empty).close()
        yield {
            site: stack.enter_context(Archive(archives.get(site, empty), read_only=True))
            for site in sites
        }


class FleetCollector(Collector):
    """The metrics of all archives of a fleet, as those of one that had all of it."""

    def __init__(
        self,
        archives: Mapping[str, Path],
        *,
        clock: Callable[[], datetime],
        limits: Limits,
        is_complete: bool = True,
    ) -> None:
        limits = replace(limits, disk_free=0)

        def found(site: str) -> Callable[[Reader, datetime], Sequence[Incident]]:
            return lambda reader, now: incidents(reader, now=now, limits=limits, sites=[site])

        self._collectors = [
            ArchiveCollector(path, clock=clock, incidents=found(site))
            for site, path in sorted(archives.items())
        ]
        self._is_complete = is_complete
        self.registry = CollectorRegistry()
        """With these metrics and nothing else."""
        self.registry.register(self)

    def describe(self) -> list[Metric]:
        """Promise nothing, so that registering does not read the archives."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Called by the client library."""
        families: dict[str, list[Metric]] = {}
        for collector in self._collectors:
            for family in collector.collect():
                families.setdefault(family.name, []).append(family)
        if not self._is_complete:
            text = "Whether every archive could be read."
            failed = GaugeMetricFamily("warta_collect_success", text, value=0)
            families.setdefault(failed.name, []).append(failed)
        for same in families.values():
            yield _one(same)


def _one(families: Sequence[Metric]) -> Metric:
    """Return the metric with the values of several, by their labels."""
    first = families[0]
    found: dict[tuple[Any, ...], list[Any]] = {}
    for family in families:
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            found.setdefault((sample.name, labels), []).append(sample)
    one = Metric(first.name, first.documentation, first.type)
    for samples in found.values():
        combine = _OF_SEVERAL.get(samples[0].name, sum)
        one.samples.append(samples[0]._replace(value=combine([each.value for each in samples])))
    return one
