"""The metrics of a fleet for Prometheus, beside those of archives; the same from every worker."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric

from scraper.fleet.monitoring.incidents import FleetIncident
from scraper.fleet.records import SiteState, Worker

_STATES = ("running", "draining", "stalled", "ended")


def families(
    workers: Sequence[Worker],
    sites: Sequence[SiteState],
    incidents: Sequence[FleetIncident],
    now: datetime,
) -> Iterator[Metric]:
    """Yield the metrics of what the database says; `now` is its time."""
    states = Counter(_state(each) for each in workers)
    text = "Workers of the fleet by state."
    yield _gauge("warta_fleet_workers", text, ((state, states[state]) for state in _STATES))
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


def _state(worker: Worker) -> str:
    if worker.ended_at is not None:
        return "ended"
    if worker.is_stalled:
        return "stalled"
    return "draining" if worker.draining else "running"


def _age(at: datetime | None, now: datetime) -> float:
    return 0.0 if at is None else max(0.0, (now - at).total_seconds())
