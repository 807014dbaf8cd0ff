"""`warta schedule show`: what runs next, and how the last crawls ended."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from archive.ledger.wording import plain_time
from scraper.cli.defaults import config_option, configured
from scraper.cli.options import archive_option, json_option, opened
from scraper.cli.terminal import print_json, print_table
from scraper.schedule.timetable import LastCrawl, Timetable, last_crawls
from scraper.sites.loader import sites


@click.command(short_help="Next runs and last results.")
@archive_option
@config_option
@json_option
@click.pass_context
def show(context: click.Context, path: Path, as_json: bool) -> None:
    """Say for each site when it is crawled next, and how its last crawl ended.

    A run that is due is made up for as soon as `warta schedule run` is there. A crawl that has not
    ended goes on, or was killed and nobody has looked since. A site that asked for a pause is left
    alone until then: a crawl that begins before asks for nothing.
    """
    configuration = configured(context).configuration
    timetable = Timetable.of(configuration, list(sites()))
    last, pauses = _remembered(path)
    now = datetime.now(UTC)
    found = [
        _row(site, configuration.of_site(site).schedule, timetable, last.get(site), now)
        | {"quiet_until": _pause(pauses.get(site), now)}
        for site in sites()
    ]
    if as_json:
        print_json(found)
        return
    zone = ZoneInfo(configuration.schedule.timezone)
    columns = {
        "site": "site",
        "schedule": "rhythm",
        "next_run": "next run",
        "started_at": "last crawl",
        "ended": "ended",
    }
    print_table(
        [
            dict(row, next_run=_shown(row, zone), started_at=plain_time(row["started_at"], zone))
            for row in found
        ],
        columns,
    )
    click.echo(f"Times are in {configuration.schedule.timezone}.", err=True)


def _remembered(path: Path) -> tuple[dict[str, LastCrawl], dict[str, datetime]]:
    """The last crawls, and until when sites asked to be left alone; an archive that is not there
    yet knows of none.
    """
    if not path.exists():
        return {}, {}
    with opened(path) as archive:
        wishes = filter(None, map(archive.backoffs.of, sites()))
        return last_crawls(archive), {
            wish.site: wish.quiet_until for wish in wishes if wish.quiet_until is not None
        }


def _pause(until: datetime | None, now: datetime) -> str | None:
    """In UTC; None where it is over."""
    return (
        until.astimezone(UTC).isoformat(timespec="seconds")
        if until is not None and until > now
        else None
    )


def _row(
    site: str, schedule: str | None, timetable: Timetable, last: LastCrawl | None, now: datetime
) -> dict[str, Any]:
    rhythm = timetable.rhythms.get(site)
    run = (
        timetable.next_run(site, last.began(now) if last else None, now).astimezone(rhythm.zone)
        if rhythm
        else None
    )
    return {
        "site": site,
        "enabled": rhythm is not None,
        "schedule": schedule,
        "next_run": run.isoformat(timespec="seconds") if run else None,
        "due": run is not None and run <= now,
        "started_at": last.started_at.isoformat(timespec="seconds") if last else None,
        "ended_at": last.ended_at.isoformat(timespec="seconds") if last and last.ended_at else None,
        "ended": (last.end_reason or "has not ended") if last else "never crawled",
    }


def _shown(row: dict[str, Any], zone: ZoneInfo) -> str:
    run = "now" if row["due"] else row["next_run"] or "switched off"
    if row["quiet_until"] is None:
        return run
    day, _, time = plain_time(row["quiet_until"], zone).partition("T")
    return f"{run} (left alone until {time[:8] if run.startswith(day) else f'{day}T{time}'})"
