"""The metrics of a fleet for Prometheus, beside those of archives; the same from every worker."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from scraper.configuration import Configuration
from scraper.fleet import status
from scraper.fleet.database import Database
from scraper.fleet.monitoring.incidents import FleetIncident
from scraper.fleet.monitoring.lookout import incidents_of
from scraper.fleet.records import WORKER_STATES, FleetError, SiteState, Worker
from scraper.fleet.workers import all_workers
from scraper.monitoring.metrics.serving import MetricsError, serve, write_textfile
from scraper.schedule.timetable import Timetable

logger = logging.getLogger("warta.fleet")


class DatabaseCollector(Collector):
    """Reads the fleet's database at each collection; `warta_fleet_up` is 0 where it cannot."""

    def __init__(self, configuration: Configuration, timetable: Timetable) -> None:
        """Raise FleetError for an address that is none."""
        self._configuration = configuration
        self._timetable = timetable
        self._database = Database.of(configuration.fleet, purpose="metrics")
        self._problem = ""

    def describe(self) -> Iterable[Metric]:
        """Promise nothing, so that registering does not read the database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Called by the client library at each scrape."""
        try:
            found, problem = self._read(), ""
        except FleetError as error:
            found, problem = [], str(error)
            if problem != self._problem:  # once, however long it lasts
                logger.warning("metrics: %s", problem)
        finally:
            self._database.close()
        self._problem = problem
        yield from found
        text = "Whether the fleet's database could be read."
        yield GaugeMetricFamily("warta_fleet_up", text, value=float(bool(found)))

    def _read(self) -> list[Metric]:
        database, zone = self._database, ZoneInfo(self._configuration.schedule.timezone)
        sites, workers = status.all_sites(database), all_workers(database)
        incidents = incidents_of(database, self._timetable, zone)
        return list(families(workers, sites, incidents, database.now()))


class Exposed:
    """The metrics of a fleet in the file and at the port that are configured, from a worker."""

    def __init__(self, configuration: Configuration, timetable: Timetable) -> None:
        """Raise FleetError, and MetricsError where they cannot be written or served."""
        self._file = configuration.metrics.file
        self._registry = CollectorRegistry()
        self._registry.register(DatabaseCollector(configuration, timetable))
        self._served = ExitStack()
        if self._file is not None:
            write_textfile(self._file, self._registry)
        if configuration.metrics.port is not None:
            self._served.enter_context(serve(configuration.metrics.port, self._registry))
        self._problem = ""

    def write(self) -> None:
        """Write the file, if there is one; log a lasting error once."""
        problem = ""
        try:
            if self._file is not None:
                write_textfile(self._file, self._registry)
        except MetricsError as error:
            problem = str(error)
            if problem != self._problem:
                logger.error(problem)  # noqa: TRY400 - one line
        self._problem = problem

    def close(self) -> None:
        """Serve nothing more."""
        self._served.close()


def families(
    workers: Sequence[Worker],
    sites: Sequence[SiteState],
    incidents: Sequence[FleetIncident],
    now: datetime,
) -> Iterator[Metric]:
    """Yield the metrics of what the database says; `now` is its time."""
    states = Counter(each.state for each in workers)
    text = "Workers of the fleet by state."
    yield _gauge("warta_fleet_workers", text, ((state, states[state]) for state in WORKER_STATES))
    held = Counter(each.worker or "" for each in sites if each.holder is not None)
    text = "Sites that a worker crawls now."
    yield _gauge("warta_fleet_sites_crawled", text, held.items(), "worker")
    text = "Sites whose crawl waits for a worker."
    waiting = sum(each.is_queued and each.holder is None for each in sites)
    yield GaugeMetricFamily("warta_fleet_sites_waiting", text, value=waiting)
    text = "Crawls of a site in a row that failed."
    failures = ((each.site, each.failures) for each in sites)
    yield _gauge("warta_fleet_crawl_failures", text, failures, "site")
    text = "Seconds since a site's archive was last put into the store."
    ages = ((each.site, _age(each.replica_at, now)) for each in sites if each.replica_at)
    yield _gauge("warta_fleet_replica_age_seconds", text, ages, "site")
    text = "1 for each thing in the fleet that needs a look, as long as it lasts."
    family = GaugeMetricFamily("warta_fleet_incident", text, labels=("kind", "worker"))
    for each in incidents:
        family.add_metric((each.kind, each.worker or ""), 1)
    yield family


def _gauge(
    name: str, text: str, rows: Iterable[tuple[str, float]], label: str = "state"
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=(label,))
    for value, number in rows:
        family.add_metric((value,), number)
    return family


def _age(at: datetime | None, now: datetime) -> float:
    return 0.0 if at is None else max(0.0, (now - at).total_seconds())
