"""`warta schedule show`: the next runs, and how the last crawls ended."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from archive.ledger.wording import plain_time
from scraper.cli import options
from scraper.cli.defaults import configured
from scraper.cli.opening import opened
from scraper.cli.rendering.terminal import columns, print_json, print_table
from scraper.schedule.timetable import LastCrawl, Timetable, last_crawls
from scraper.spiders import names

_COLUMNS = columns(
    "site schedule next_run quiet_until started_at ended",
    quiet_until="paused until",
    started_at="last crawl",
)


@click.command()
@options.archive
@options.json
def show(path: Path, as_json: bool) -> None:
    """Show for each site when its next crawl is due, and how its last crawl ended.

    A run that is overdue starts as soon as `warta schedule run` does. A crawl that has not ended is
    running, or was killed and that has not been noticed yet. Until a pause that a site requested is
    over, its crawls request nothing.
    """
    configuration = configured().configuration
    timetable = Timetable.of(configuration)
    now = datetime.now(UTC)
    last, pauses = _from_archive(path, now)
    rows = [
        {
            "site": site,
            "enabled": site in timetable.rhythms,
            "schedule": configuration.of_site(site).schedule,
            **_next_run(timetable, site, last.get(site), now),
            **_last(last.get(site)),
            "quiet_until": _seconds(pauses.get(site)),
        }
        for site in names()
    ]
    if as_json:
        print_json(rows)
        return
    zone = ZoneInfo(configuration.schedule.timezone)
    rows = [
        dict(row, next_run="now" if row["due"] else row["next_run"] or "switched off")
        for row in rows
    ]
    zoned = dict.fromkeys(("started_at", "quiet_until"), partial(plain_time, zone=zone))
    print_table(rows, _COLUMNS, formats=zoned, flexible="ended", zone=zone)


def _from_archive(path: Path, now: datetime) -> tuple[dict[str, LastCrawl], dict[str, datetime]]:
    """Return the last crawls, and the ends (UTC) of the pauses that sites requested, by site.

    Both are empty where there is no archive yet.
    """
    if not path.exists():
        return {}, {}
    with opened(path) as archive:
        requested = filter(None, map(archive.backoffs.of, names()))
        pauses = {
            one.site: one.quiet_until.astimezone(UTC)
            for one in requested
            if one.quiet_until is not None and one.quiet_until > now
        }
        return last_crawls(archive), pauses


def _next_run(
    timetable: Timetable, site: str, last: LastCrawl | None, now: datetime
) -> dict[str, Any]:
    rhythm = timetable.rhythms.get(site)
    if rhythm is None:
        return {"next_run": None, "due": False}
    began = last.began(now) if last else None
    run = timetable.next_run(site, began, now)
    return {"next_run": _seconds(run.astimezone(rhythm.zone)), "due": run <= now}


def _last(last: LastCrawl | None) -> dict[str, Any]:
    if last is None:
        return {"started_at": None, "ended_at": None, "ended": "never crawled"}
    return {
        "started_at": _seconds(last.started_at),
        "ended_at": _seconds(last.ended_at),
        "ended": last.end_reason or "has not ended",
    }


def _seconds(time: datetime | None) -> str | None:
    return time.isoformat(timespec="seconds") if time else None
