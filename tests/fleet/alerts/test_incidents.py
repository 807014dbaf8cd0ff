"""What is wrong with a fleet, from what its database says: a function of that and of the time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from scraper.fleet.monitoring.incidents import KINDS, StoreProblem, fleet_incidents
from scraper.fleet.records import SiteState, Worker
from tests.fleet.alerts.clock import START

MINUTE = timedelta(minutes=1)
WORKER = Worker(
    name="utama",
    host="mesin-1",
    pid=4711,
    version="0.1.0",
    schema=8,
    started_at=START - timedelta(days=3),
    seen_at=START,
    ended_at=None,
    draining=None,
    clock_off=timedelta(),
    is_stalled=False,
)
SITE = SiteState(
    site="suara",
    holder=None,
    taken_at=None,
    free_at=None,
    began_at=START - timedelta(hours=1),
    ended_at=START - timedelta(minutes=50),
    ended="finished",
    exit_code=0,
    why=None,
    worker="utama",
    failures=0,
    schema=8,
    replica_token=3,
    replica_at=START - timedelta(minutes=50),
    is_queued=False,
)


def found(
    *workers: Worker,
    sites: tuple[SiteState, ...] = (),
    waiting: dict[str, datetime] | None = None,
    store: tuple[StoreProblem, ...] = (),
) -> list[tuple[str, str | None, str]]:
    incidents = fleet_incidents(workers, sites, now=START, waiting=waiting or {}, store=store)
    assert all(each.kind in KINDS and each.since <= START for each in incidents)
    return [(each.kind, each.worker, str(each.why)) for each in incidents]


def test_a_fleet_that_is_well_has_none() -> None:
    assert found(WORKER, sites=(SITE,), waiting={"rmol": START - MINUTE}) == []


def test_a_worker_that_does_not_report_is_stalled() -> None:
    gone = replace(WORKER, name="cadangan", is_stalled=True, seen_at=START - 2 * MINUTE)
    ((kind, worker, why),) = found(WORKER, gone)
    assert (kind, worker) == ("worker_stalled", "cadangan")
    assert why.startswith("worker cadangan has not reported since 2026-11-20T14:58:00+07:00: ")


def test_sites_that_wait_for_a_worker_are_one_incident() -> None:
    since = {f"situs-{number}": START - number * MINUTE for number in range(1, 21)}
    ((kind, worker, why),) = found(WORKER, waiting=since)
    assert (kind, worker) == ("no_worker", None)
    assert why.startswith(
        "15 sites are due without a worker to crawl them (situs-20, situs-19, situs-18, situs-17,"
        " situs-16, …), the first for 20 minutes: "
    )


def test_crawls_that_lost_their_lease_are_one_incident() -> None:
    sites = tuple(replace(SITE, site=name, ended="lease_lost") for name in ("suara", "rmol"))
    ((kind, worker, why),) = found(WORKER, sites=(*sites, replace(SITE, site="medcom")))
    assert (kind, worker) == ("lease_lost", None)
    assert why.startswith("2 crawls lost the lease of the site (rmol, suara): ")


def test_a_store_that_several_workers_cannot_use_is_one_incident() -> None:
    problems = tuple(
        StoreProblem(worker=name, since=START - number * MINUTE, why="no space left")
        for number, name in enumerate(("utama", "cadangan"))
    )
    assert found(WORKER, store=problems) == [
        (
            "store_unreachable",
            None,
            "the store cannot be used by 2 workers (cadangan, utama): no space left",
        )
    ]


@pytest.mark.parametrize(
    ("off", "said"), [(timedelta(hours=7), "7 hours ahead of"), (-6 * MINUTE, "6 minutes behind")]
)
def test_a_clock_that_is_off_is_reported(off: timedelta, said: str) -> None:
    ((kind, worker, why),) = found(replace(WORKER, clock_off=off))
    assert (kind, worker) == ("worker_clock", "utama")
    assert f"is {said}" in why


@pytest.mark.parametrize("state", [{"ended_at": START}, {"is_stalled": True}])
def test_the_clock_of_a_worker_that_does_not_run_is_no_matter(state: dict[str, Any]) -> None:
    worker = replace(WORKER, clock_off=timedelta(hours=7), **state)
    assert "worker_clock" not in [kind for kind, *_rest in found(worker)]


def test_names_of_others_are_words_and_no_patterns() -> None:
    odd = replace(WORKER, name="{0}", is_stalled=True)
    ((_kind, _worker, why),) = found(odd)
    assert why.startswith("worker {0} has not reported")
