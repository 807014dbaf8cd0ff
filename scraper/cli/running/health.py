"""`warta health`: the health of every site."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from archive.archive import Archive
from archive.ledger.wording import plain_time, plural, sentence
from archive.monitoring.health import Limits, incidents, last_crawl
from archive.monitoring.incidents import Incident
from scraper.cli import options
from scraper.cli.defaults import configured
from scraper.cli.opening import opened
from scraper.cli.terminal import note, print_json, say
from scraper.monitoring.thresholds import limits, watched
from scraper.schedule.timetable import Timetable
from scraper.spiders import sites


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
    sites, those that are switched on, are those of the configuration. Exit status 3 if anything is
    unhealthy.
    """
    configuration, now = configured().configuration, datetime.now(UTC)
    timetable = Timetable.of(configuration)
    thresholds = _overridden(limits(configuration, timetable, now), **overrides)
    with opened(path) as archive:  # a broken configuration is reported before a missing archive
        crawled = archive.crawls.sites()
        chosen = options.checked_sites(names, sorted({*sites(), *crawled})) or watched(timetable)
        found = incidents(archive, now=now, limits=thresholds, sites=chosen)
        lasting = [one for one in found if not one.over]
        rows = [_row(site, lasting, **_crawling(archive, site)) for site in chosen]
    if any(one.site is None for one in lasting):
        rows.append(_row(None, lasting))
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            _show(row, thresholds.zone)
    if not crawled:
        note("No site was ever crawled into this archive.")
    if lasting:
        raise SystemExit(3)


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


def _row(site: str | None, lasting: Iterable[Incident], **crawling: Any) -> dict[str, Any]:
    """Return the row of a site, or of the archive for None."""
    found = [
        {name: getattr(one, name) for name in "kind layout day since why urls".split()}
        for one in lasting
        if one.site == site
    ]
    since = min((one["since"] for one in found), default=None)
    return {"site": site, "well": not found, "since": since, **crawling, "incidents": found}


def _crawling(archive: Archive, site: str) -> dict[str, Any]:
    (marked,) = archive.db.conn.execute(
        "SELECT count(DISTINCT article_id) FROM drifted WHERE site = ?", (site,)
    ).fetchone()
    return {"last_crawl": last_crawl(archive, site), "articles_marked": marked}


def _show(row: dict[str, Any], zone: ZoneInfo) -> None:
    name, marked = row["site"] or "archive", ""
    if row.get("articles_marked"):
        articles = plural(row["articles_marked"], "article")
        marked = f"; {articles} marked until `warta reextract` mends them"
    if row["well"]:
        say(f"{name}: {_last(row['last_crawl'], zone)}{marked}")
        return
    say(f"{name}: unhealthy since {plain_time(row['since'], zone)}{marked}")
    for one in row["incidents"]:
        say(f"  since {plain_time(one['since'], zone)}: {one['why']}")
        for url in one["urls"]:
            say(f"    {url}")


def _last(last: dict[str, Any] | None, zone: ZoneInfo) -> str:
    if last is None:
        return "not crawled yet"
    if last["ended_at"] is None:
        return f"healthy; a crawl has been running since {plain_time(last['started_at'], zone)}"
    ended = plain_time(last["ended_at"], zone)
    return f"healthy; the last crawl ended {ended}: {sentence(last['end_reason'])}"
