"""`warta schedule once`: one crawl of a site, for systemd timers and cron."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import click

from archive.archive import Archive
from archive.errors import Locked
from scraper.cli import options
from scraper.cli.defaults import configured
from scraper.schedule.daemon import json_log, stop_signal
from scraper.schedule.processes import CrawlProcesses, Order
from scraper.schedule.schedule import RETRY, WAIT, Schedule
from scraper.schedule.timetable import Timetable, last_crawls


def _now() -> datetime:
    return datetime.now(UTC)


@click.command()
@click.argument("site", type=options.SITE)
@options.archive
def once(site: str, path: Path) -> None:
    """Crawl SITE once, as `warta schedule run` would: back to its last crawl that finished, and no
    longer than is configured.

    systemd timers and cron run this. It waits up to a quarter of an hour if another process crawls
    or examines the site. Exit status and log are those of `warta crawl` and `warta schedule run`.
    """
    known = configured()
    timetable = Timetable.of(known.configuration)
    if site not in timetable.rhythms:
        scheduled = ", ".join(timetable.rhythms) or "none"
        raise click.UsageError(f"{site} is not crawled on schedule; there are {scheduled}")
    archive = path.absolute()
    with Archive(archive) as kept:  # a bad path is one clear line
        since = timetable.since(site, last_crawls(kept).get(site), _now())
    order = replace(Order.of(known, archive), site=site, since=since)
    keys = known.configuration.schedule
    processes = CrawlProcesses(_now, longest=keys.longest * 60, grace=keys.grace)
    crawls = Schedule(archive, timetable, processes.run)
    with json_log(), stop_signal() as wait:
        stopped = Event()
        Thread(target=_stop_after, args=(wait, processes, stopped), daemon=True).start()
        for _minute in range(WAIT // RETRY):
            result = crawls.crawl(order, _now)
            if result is None or not result.locked_out or stopped.wait(RETRY.total_seconds()):
                break
    if result is None:
        raise SystemExit(1)
    if result.locked_out and not stopped.is_set():
        raise Locked(f"another process held the lock of {site} all the time; the next run tries it")
    if not result.stopped:
        raise SystemExit(1 if result.exit_code < 0 else result.exit_code)


def _stop_after(wait: Callable[[], None], processes: CrawlProcesses, stopped: Event) -> None:
    wait()
    stopped.set()
    processes.stop()
