"""`warta fleet status`: which worker has which site, what is due, what failed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from archive.ledger.wording import plain_time, sentence
from scraper.cli import options
from scraper.cli.fleet.opening import fleet_configuration, fleet_database
from scraper.cli.rendering.terminal import columns, note, print_json, print_table, say
from scraper.configuration import Configuration
from scraper.schedule.timetable import Timetable

if TYPE_CHECKING:
    from scraper.fleet.records import SiteState

_WORKERS = columns(
    "worker state host crawls started_at seen_at version", started_at="since", seen_at="last seen"
)
_SITES = columns(
    "site state worker since next_run last_began ended",
    next_run="next run",
    last_began="last crawl",
)


@click.command()
@options.json
def status(as_json: bool) -> None:
    """Show the workers of the fleet, and for each site which worker has it since when, when it is
    due, and how its last crawl ended. Times are those of the database's clock.

    With --json, one object per worker, site and incident, `kind` says which. Exit status 3 if
    something is wrong with the fleet, or if the last crawl of a site failed.
    """
    configuration = fleet_configuration()
    with fleet_database(configuration, "status") as database:
        from scraper.fleet.monitoring.lookout import incidents_of
        from scraper.fleet.schema import check
        from scraper.fleet.status import all_sites, next_runs
        from scraper.fleet.workers import all_workers

        check(database)
        now = database.now()
        workers, sites = all_workers(database), all_sites(database)
        timetable = Timetable.of(configuration)
        incidents = incidents_of(database, timetable, ZoneInfo(configuration.schedule.timezone))
    rows = _sites(sites, next_runs(timetable, sites, now), now)
    of = [row["worker"] for row in rows if row["state"] == "crawling"]
    them = [_worker(worker, of.count(worker.name)) for worker in workers]
    if as_json:
        print_json([{"kind": "worker", **row} for row in them])
        print_json([{"kind": "site", **row} for row in rows])
        print_json([{"kind": "incident", **_incident(each)} for each in incidents])
    else:
        _show(configuration, them, rows)
        for each in incidents:
            say(f"{each.kind}: {each.why}", hang=2)
    if incidents or any(row["failures"] for row in rows):
        raise SystemExit(3)


def _sites(
    sites: "Sequence[SiteState]", due: Mapping[str, datetime | None], now: datetime
) -> list[dict[str, Any]]:
    """Return a row per site that is known to the fleet or crawled on schedule, by name."""
    from scraper.fleet.status import state_of

    known = {site.site: _site(site, state_of(site, due.get(site.site), now)) for site in sites}
    return [
        {**_site_without_crawls(name), **known.get(name, {}), "next_run": due.get(name)}
        for name in sorted({*known, *due})
    ]


def _incident(incident: Any) -> dict[str, Any]:
    return {
        "incident": incident.kind,
        "worker": incident.worker,
        "since": incident.since,
        "why": incident.why,
    }


def _worker(worker: Any, crawls: int) -> dict[str, Any]:
    return {
        "worker": worker.name,
        "state": worker.state,
        "host": worker.host,
        "pid": worker.pid,
        "crawls": crawls,
        "version": worker.version,
        "schema": worker.schema,
        "started_at": worker.started_at,
        "seen_at": worker.seen_at,
        "ended_at": worker.ended_at,
        "clock_off": worker.clock_off.total_seconds(),
    }


def _site_without_crawls(name: str) -> dict[str, Any]:
    keys = "worker holder since last_began last_ended ended exit_code why replica replica_at"
    return {"site": name, "state": "due", **dict.fromkeys(keys.split()), "failures": 0}


def _site(site: Any, state: str) -> dict[str, Any]:
    return {
        "state": state,
        "worker": site.worker,
        "holder": site.holder,
        "since": site.taken_at,
        "last_began": site.began_at,
        "last_ended": site.ended_at,
        "ended": site.ended,
        "exit_code": site.exit_code,
        "why": site.why,
        "failures": site.failures,
        "replica": site.replica_token,
        "replica_at": site.replica_at,
    }


def _show(
    configuration: Configuration, workers: list[dict[str, Any]], sites: list[dict[str, Any]]
) -> None:
    zone = ZoneInfo(configuration.schedule.timezone)
    zoned = partial(plain_time, zone=zone)
    if not workers:
        note("No worker has run yet; `warta fleet worker` starts one.")
    else:
        formats = dict.fromkeys(("started_at", "seen_at"), zoned)
        print_table(workers, _WORKERS, formats=formats, flexible="host", zone=zone)
        say()
    times = dict.fromkeys(("since", "next_run", "last_began"), zoned)
    shown = [{**row, "worker": row["worker"] or row["holder"]} for row in sites]
    print_table(shown, _SITES, formats=times, flexible="ended", zone=zone)
    for row in sites:
        if row["failures"]:
            why = row["why"] or sentence(row["ended"] or "broke_off")
            say(f"{row['site']}: {row['failures']} failed in a row: {why}", hang=2)
