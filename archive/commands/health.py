"""`warta health`: is every site well?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from archive.health import Limits, crawled_sites, incidents, last_crawl
from archive.incidents import Incident
from archive.options import archive_option, json_option, opened
from archive.reader import Reader
from archive.reasons import sentence
from archive.terminal import print_json
from archive.words import plain_time, plural

_USUAL = Limits()


@click.command(short_help="Is every site well, and since when not?")
@click.option("--site", "names", multiple=True, help="Only this site, also one that was never crawled; may be given several times.")
@click.option(
    "--silence",
    type=click.FloatRange(min=0, min_open=True),
    default=_USUAL.silence / timedelta(hours=1),
    show_default=True,
    help="Hours that a site may be without a crawl.",
)
@click.option(
    "--missing-share",
    type=click.FloatRange(0, 1),
    default=_USUAL.missing_share,
    show_default=True,
    help="Share of a day's announced stories that may be missing.",
)
@click.option(
    "--disk-free",
    type=click.FloatRange(min=0),
    default=_USUAL.disk_free / 1e9,
    show_default=True,
    help="GB of room that the archive's disk should have.",
)
@archive_option
@json_option
def health(names: tuple[str, ...], silence: float, missing_share: float, disk_free: float, path: Path, as_json: bool) -> None:
    """Say for each site whether it is well and since when not, why, and which pages show it.

    A site is not well where its last crawl failed or none came within its rhythm, where its pages are not what they were (their
    articles are marked, and mended by `warta reextract` once the profile knows them), or where announced stories are missing. It is
    all read from the archive. Ends with 3 where anything is not well.
    """  # fmt: skip
    limits = Limits(silence=timedelta(hours=silence), missing_share=missing_share, disk_free=int(disk_free * 1e9))
    with opened(path) as archive:
        sites = list(dict.fromkeys(names)) or crawled_sites(archive)
        found = [each for each in incidents(archive, now=datetime.now(UTC), limits=limits, sites=sites) if not each.over]
        rows = [_row(site, [each for each in found if each.site == site], last_crawl(archive, site), archive) for site in sites]
    rows += [_row(None, whole, None, None)] if (whole := [each for each in found if each.site is None]) else []
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            _show(row)
    if not rows:
        click.echo("No site was ever crawled into this archive.", err=True)
    if found:
        raise SystemExit(3)


def _row(site: str | None, found: Sequence[Incident], last: dict[str, Any] | None, archive: Reader | None) -> dict[str, Any]:
    row: dict[str, Any] = {"site": site, "well": not found, "since": min((each.since.isoformat() for each in found), default=None)}
    if archive is not None and site is not None:
        (marked,) = archive.db.conn.execute("SELECT count(DISTINCT article_id) FROM drifted WHERE site = ?", (site,)).fetchone()
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


def _show(row: dict[str, Any]) -> None:
    name = row["site"] or "archive"
    if row["well"]:
        click.echo(f"{name}: well; {_last(row['last_crawl'])}{_marked(row)}")
        return
    click.echo(f"{name}: not well since {plain_time(row['since'])}{_marked(row)}")
    for each in row["incidents"]:
        click.echo(f"  since {plain_time(each['since'])}: {each['why']}")
        for url in each["urls"]:
            click.echo(f"    {url}")


def _last(last: dict[str, Any] | None) -> str:
    if last is None:
        return "never crawled"
    if last["ended_at"] is None:
        return f"a crawl runs since {plain_time(last['started_at'])}"
    ended = "finished" if last["end_reason"] == "finished" else sentence(last["end_reason"])
    return f"the last crawl ended {plain_time(last['ended_at'])}: {ended}"


def _marked(row: dict[str, Any]) -> str:
    count = row.get("articles_marked")
    return f"; {plural(count, 'article')} marked until `warta reextract` mends them" if count else ""
