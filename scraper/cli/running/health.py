"""`warta health`: the health of every site."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from archive.ledger.wording import UNANSWERED, plain_time, plural, sentence
from archive.monitoring.health import Limits
from archive.monitoring.health_report import health_report
from scraper.cli import options
from scraper.cli.defaults import configured
from scraper.cli.fleet.archives import exit_if_unread, fleet_cache
from scraper.cli.opening import opened
from scraper.cli.rendering.terminal import local_times, note, print_json, say
from scraper.monitoring.thresholds import limits, watched
from scraper.schedule.timetable import Timetable
from scraper.spiders import names as all_names

if TYPE_CHECKING:
    from scraper.fleet.store.cache import Cache


@click.command()
@options.sites
@click.option(
    "--silence",
    type=options.Number(0, options.MAX_HOURS, min_open=True),
    help="Maximum hours without a crawl; by default they follow from the site's schedule.",
)
@click.option(
    "--missing-share",
    type=options.Number(0, 1),
    help="Maximum share of a day's announced stories that may be missing.",
)
@click.option("--disk-free", type=options.Number(0, 1_000_000), help="Minimum GB free on the disk.")
@options.archive
@options.json
def health(path: Path, names: tuple[str, ...], as_json: bool, **overrides: float | None) -> None:
    """Report for each site whether it is healthy; if not, since when, why, and which pages show it.

    A site is unhealthy if its last crawl failed or none was made in time, if its pages have changed
    (their articles are marked; `warta reextract` mends them once the profile is updated), or if
    announced stories are missing. All of this is read from the archive; the thresholds and the
    sites, those that are switched on, are those of the configuration. Where that names the store of
    a fleet and no archive is named here, the sites' archives are read from there. Exit status 3 if
    anything is unhealthy; 1 if a site in the store cannot be read: all others are reported.
    """
    configuration, now = configured().configuration, datetime.now(UTC)
    timetable = Timetable.of(configuration)
    usual = replace(limits(configuration, timetable, now), alone=timedelta())
    thresholds = _overridden(usual, **overrides)
    cache = fleet_cache()
    rows, crawled = _rows(cache, path, names, timetable, now, thresholds)
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            _show(row, thresholds.zone)
    if not crawled:
        note("No site was ever crawled into this archive.")
    exit_if_unread(cache)
    if not all(row["well"] for row in rows):
        raise SystemExit(3)


def _rows(
    cache: Cache | None,
    path: Path,
    names: Sequence[str],
    timetable: Timetable,
    now: datetime,
    thresholds: Limits,
) -> tuple[list[dict[str, Any]], Collection[str]]:
    """Return the rows of the archive, or of those of the fleet, and the sites that were crawled."""

    def chosen(crawled: Collection[str]) -> Sequence[str]:
        known = sorted({*all_names(), *crawled})
        return options.checked_sites(names, known) or watched(timetable)

    if cache is not None:
        from scraper.fleet.store.reading import health_rows

        with cache.refreshed(note=note, sites=names) as copies:
            found = {copy.site: copy.path for copy in copies}
            unknown = cache.unread - found.keys()
            sites = [site for site in chosen(found) if site not in unknown]
            rows = health_rows(found, sites, now=now, limits=thresholds)
        return [*rows, *_of_fleet(timetable, now)], {*found, *unknown}
    with opened(path) as archive:  # a broken configuration is reported before a missing archive
        crawled = archive.crawls.sites()
        return health_report(archive, chosen(crawled), now=now, limits=thresholds), crawled


def _of_fleet(timetable: Timetable, now: datetime) -> list[dict[str, Any]]:
    """Return what is wrong with the fleet as a whole, if its database is configured here, too."""
    configuration = configured().configuration
    if not configuration.fleet.is_configured:
        return []
    from scraper.fleet.monitoring.lookout import health_rows

    return health_rows(configuration, timetable, now)


def _overridden(
    usual: Limits, *, silence: float | None, missing_share: float | None, disk_free: float | None
) -> Limits:
    """Return the configured thresholds with those of the options on top."""
    if silence is not None:
        usual = replace(usual, silence=timedelta(hours=silence), silences={})
    if missing_share is not None:
        usual = replace(usual, missing_share=missing_share)
    if disk_free is not None:
        usual = replace(usual, disk_free=int(disk_free * 1e9))
    return usual


def _show(row: dict[str, Any], zone: ZoneInfo) -> None:
    name, marked = row["site"] or ("fleet" if row.get("fleet") else "archive"), ""
    if row.get("articles_marked"):
        articles = plural(row["articles_marked"], "article")
        marked = f"; {articles} marked until `warta reextract` mends them"
    if not row["incidents"]:
        say(local_times(f"{name}: {_last(row['last_crawl'], zone)}{marked}"))
        return
    say(local_times(f"{name}: unhealthy since {plain_time(row['since'], zone)}{marked}"))
    for one in row["incidents"]:
        say(local_times(f"  since {plain_time(one['since'], zone)}: {one['why']}"), hang=2)
        for url in one["urls"]:
            say(f"    {url}")


def _last(last: dict[str, Any] | None, zone: ZoneInfo) -> str:
    if last is None:
        return "not crawled yet"
    if last["ended_at"] is None:
        return f"healthy; a crawl has been running since {plain_time(last['started_at'], zone)}"
    ended = plain_time(last["ended_at"], zone)
    state = "not reached" if last["end_reason"] in UNANSWERED else "healthy"
    return f"{state}; the last crawl ended {ended}: {sentence(last['end_reason'])}"
