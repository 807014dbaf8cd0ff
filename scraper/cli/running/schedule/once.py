"""`warta schedule once`: one crawl, as the schedule would run it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import click

from archive.archive import Archive
from archive.errors import Locked
from scraper.cli.defaults import config_option, configured
from scraper.cli.options import archive_option
from scraper.schedule.daemon import json_log, stop_signal
from scraper.schedule.processes import CrawlProcesses, Order
from scraper.schedule.schedule import PATIENCE, WAIT, Schedule
from scraper.schedule.timetable import Timetable, last_crawls
from scraper.sites.loader import sites


def _now() -> datetime:
    return datetime.now(UTC)


@click.command(short_help="One crawl of a site as the schedule runs it.")
@click.argument("site")
@archive_option
@config_option
@click.pass_context
def once(context: click.Context, site: str, path: Path) -> None:
    """Crawl SITE once, as `warta schedule run` would: back to its last crawl that finished, and no
    longer than is configured.

    systemd's timers and cron run this. It waits a quarter of an hour for a site that somebody else
    crawls or asks. Ends as `warta crawl` does; the log is that of `warta schedule run`.
    """
    known = configured(context)
    timetable = Timetable.of(known.configuration, list(sites()))
    if site not in timetable.rhythms:
        raise click.UsageError(
            f"{site} is not crawled on schedule; there are {', '.join(timetable.rhythms) or 'none'}"
        )
    archive = path.absolute()
    with Archive(archive) as opened:  # one clear line for a bad path
        since = timetable.since(site, last_crawls(opened).get(site), _now())
    order = Order.of(known, archive, site=site, since=since)
    keys = known.configuration.schedule
    processes = CrawlProcesses(_now, longest=keys.longest * 60, grace=keys.grace)
    schedule = Schedule(archive, timetable, processes.run)
    with json_log(), stop_signal() as wait:
        stopped = Event()
        Thread(target=_stop_after, args=(wait, processes, stopped), daemon=True).start()
        for _minute in range(WAIT // PATIENCE):
            result = schedule.crawl(order, _now)
            if result is None or not result.locked_out or stopped.wait(PATIENCE.total_seconds()):
                break
    if result is not None and result.locked_out and not stopped.is_set():
        raise Locked(f"{site} was taken by somebody else all the time; it is left to the next run")
    if result is None or not result.stopped:
        raise SystemExit(result.exit_code if result is not None and result.exit_code >= 0 else 1)


def _stop_after(wait: Callable[[], None], processes: CrawlProcesses, stopped: Event) -> None:
    wait()
    stopped.set()
    processes.stop()
