"""`warta health`: is every site well?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from archive.archive import Reader
from archive.ledger.wording import plain_time, plural, sentence
from archive.monitoring.health import Limits, incidents, last_crawl
from archive.monitoring.incidents import Incident
from scraper.cli.defaults import configured
from scraper.cli.options import Number, archive_option, json_option, opened
from scraper.cli.terminal import print_json
from scraper.monitoring.lookout import limits, watched
from scraper.schedule.timetable import Timetable
from scraper.sites.loader import sites

_LONGEST = 87_600
"""Hours of ten years."""


@click.command(short_help="Is every site well, and since when not?")
@click.option("--site", "names", multiple=True, help="Only this site; may be given several times.")
@click.option(
    "--silence",
    type=Number(0, _LONGEST, min_open=True),
    help="Hours that a site may be without a crawl, instead of what follows from its rhythm.",
)
@click.option(
    "--missing-share",
    type=Number(0, 1),
    help="Share of a day's announced stories that may be missing.",
)
@click.option(
    "--disk-free", type=Number(0, 1_000_000), help="GB of room that the archive's disk should have."
)
@archive_option
@json_option
@click.pass_context
def health(
    context: click.Context,
    names: tuple[str, ...],
    silence: float | None,
    missing_share: float | None,
    disk_free: float | None,
    path: Path,
    as_json: bool,
) -> None:
    """Say for each site whether it is well and since when not, why, and which pages show it.

    A site is not well where its last crawl failed or none came within its rhythm, where its pages
    are not what they were (their articles are marked, and mended by `warta reextract` once the
    profile knows them), or where announced stories are missing. It is all read from the archive;
    what is still well is as the configuration has it, and so are the sites: those that are switched
    on. Ends with 3 where anything is not well.
    """
    configuration, now = configured(context).configuration, datetime.now(UTC)
    timetable = Timetable.of(configuration, list(sites()))
    well = _limits(limits(configuration, timetable, now), silence, missing_share, disk_free)
    with opened(path) as archive:
        crawled = archive.crawls.sites()
        chosen = _chosen(names, crawled) or watched(timetable)
        found = [
            each for each in incidents(archive, now=now, limits=well, sites=chosen) if not each.over
        ]
        rows = [
            _row(
                site,
                [each for each in found if each.site == site],
                last_crawl(archive, site),
                archive,
            )
            for site in chosen
        ]
    rows += (
        [_row(None, whole, None, None)]
        if (whole := [each for each in found if each.site is None])
        else []
    )
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            _show(row, well.zone)
    if not crawled:
        click.echo("No site was ever crawled into this archive.", err=True)
    if found:
        raise SystemExit(3)


def _limits(
    usual: Limits, silence: float | None, missing_share: float | None, disk_free: float | None
) -> Limits:
    """The options go before the configuration."""
    if silence is not None:
        usual = replace(usual, silence=timedelta(hours=silence), silences={})
    if missing_share is not None:
        usual = replace(usual, missing_share=missing_share)
    return usual if disk_free is None else replace(usual, disk_free=int(disk_free * 1e9))


def _chosen(names: Sequence[str], crawled: Sequence[str]) -> list[str]:
    known = sorted({*sites(), *crawled})
    for name in names:
        if name not in known:
            raise click.UsageError(f"no site is called {name}; there are {', '.join(known)}")
    return list(dict.fromkeys(names))


def _row(
    site: str | None, found: Sequence[Incident], last: dict[str, Any] | None, archive: Reader | None
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "site": site,
        "well": not found,
        "since": min((each.since.isoformat() for each in found), default=None),
    }
    if archive is not None and site is not None:
        (marked,) = archive.db.conn.execute(
            "SELECT count(DISTINCT article_id) FROM drifted WHERE site = ?", (site,)
        ).fetchone()
        row |= {"last_crawl": last, "articles_marked": marked}
    told = [
        {
            "kind": each.kind,
            "layout": each.layout,
            "day": each.day and each.day.isoformat(),
            "since": each.since.isoformat(),
            "why": each.why,
            "urls": list(each.urls),
        }
        for each in found
    ]
    return row | {"incidents": told}


def _show(row: dict[str, Any], zone: ZoneInfo) -> None:
    name = row["site"] or "archive"
    if row["well"]:
        click.echo(f"{name}: {_last(row['last_crawl'], zone)}{_marked(row)}")
        return
    click.echo(f"{name}: not well since {plain_time(row['since'], zone)}{_marked(row)}")
    for each in row["incidents"]:
        click.echo(f"  since {plain_time(each['since'], zone)}: {each['why']}")
        for url in each["urls"]:
            click.echo(f"    {url}")


def _last(last: dict[str, Any] | None, zone: ZoneInfo) -> str:
    if last is None:
        return "not crawled yet"
    if last["ended_at"] is None:
        return f"well; a crawl runs since {plain_time(last['started_at'], zone)}"
    ended = "finished" if last["end_reason"] == "finished" else sentence(last["end_reason"])
    return f"well; the last crawl ended {plain_time(last['ended_at'], zone)}: {ended}"


def _marked(row: dict[str, Any]) -> str:
    count = row.get("articles_marked")
    return (
        f"; {plural(count, 'article')} marked until `warta reextract` mends them" if count else ""
    )
