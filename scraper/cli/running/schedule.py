"""`warta schedule`: unattended crawling, as a long-running process or one crawl at a time."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any
from zoneinfo import ZoneInfo

import click

from archive.archive import Archive
from archive.errors import Locked
from archive.ledger.wording import plain_time
from scraper.cli import options
from scraper.cli.defaults import configured
from scraper.cli.opening import opened
from scraper.cli.running.units import cron, systemd
from scraper.cli.terminal import columns, note, print_json, print_table
from scraper.configuration import Configuration
from scraper.crawling.process import crawl_settings
from scraper.monitoring.lookout import hooks_of
from scraper.politeness.locks import schedule_lock
from scraper.schedule.daemon import Daemon, json_log, logger, stop_signal
from scraper.schedule.processes import CrawlProcesses, Order
from scraper.schedule.schedule import PATIENCE, WAIT, Schedule
from scraper.schedule.timetable import LastCrawl, Timetable, last_crawls
from scraper.sites.loader import sites

_COLUMNS = columns("site schedule next_run started_at ended", started_at="last crawl")


@click.group()
def schedule() -> None:
    """Crawl unattended: each site on its own schedule, one crawl of a site at a time; missed runs
    are coalesced into one.

    The schedules are in warta.toml; `warta config --example` prints one.

    \b
    warta schedule show                           next runs, and how the last crawls ended
    warta schedule run                            the long-running process
    warta schedule systemd                        unit files that start it with the machine
    """


def _now() -> datetime:
    return datetime.now(UTC)


@schedule.command(short_help="Crawl each site on its schedule until stopped.")
@click.option(
    "--metrics-port",
    type=click.IntRange(1, 65535),
    help="Serve metrics for Prometheus on this port of the loopback interface.",
)
@options.scrapy_settings
@options.archive
@click.pass_context
def run(
    context: click.Context, metrics_port: int | None, overrides: tuple[str, ...], path: Path
) -> None:
    """Crawl each site on its own schedule, each crawl in its own process, until SIGTERM or Ctrl-C.

    Missed runs are coalesced into one. The log is on stderr, one JSON object per line and one line
    per crawl. There is one schedule per archive; crawls by hand may run beside it.

    Each crawl reads the configuration when it starts; changed schedules, alerts and metrics take
    effect at the next start of this command.
    """
    known = configured(context)
    configuration = known.configuration
    if metrics_port is not None:
        metrics = configuration.metrics.model_copy(update={"port": metrics_port})
        configuration = configuration.model_copy(update={"metrics": metrics})
    timetable = Timetable.of(configuration, list(sites()))
    if not timetable.rhythms:
        raise click.UsageError("every site is switched off in the configuration")
    archive = path.absolute()
    crawl_settings(archive, overrides)  # a bad setting is one clear line
    Archive(archive).close()  # so is a bad path
    context.call_on_close(schedule_lock(archive).close)
    order = Order.of(known, archive, settings=overrides)
    _run(configuration, timetable, order)


def _run(configuration: Configuration, timetable: Timetable, order: Order) -> None:
    archive, keys = order.archive, configuration.schedule
    processes = CrawlProcesses(_now, longest=keys.longest * 60, grace=keys.grace)
    crawls = Schedule(archive, timetable, processes.run, order=order)
    crawls.hooks = hooks_of(
        configuration, archive, timetable, _now, under_way=lambda: crawls.under_way
    )
    with json_log(), stop_signal() as wait:
        started = {"archive": str(archive), "sites": sorted(timetable.rhythms), "pid": os.getpid()}
        logger.info("started", extra=started)
        ended = Daemon(crawls, processes, _now, check_every=keys.check_every).run(wait)
        logger.info("stopped")
        if not ended:  # a hook waits for a server that does not answer: do not wait with it
            sys.stderr.flush()
            os._exit(0)


@schedule.command(short_help="Crawl one site once, as the schedule does.")
@click.argument("site")
@options.archive
def once(site: str, path: Path) -> None:
    """Crawl SITE once, as `warta schedule run` would: back to its last crawl that finished, and no
    longer than is configured.

    systemd timers and cron run this. It waits up to a quarter of an hour if another process crawls
    or examines the site. Exit status and log are those of `warta crawl` and `warta schedule run`.
    """
    known = configured()
    timetable = Timetable.of(known.configuration, list(sites()))
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
        for _minute in range(WAIT // PATIENCE):
            result = crawls.crawl(order, _now)
            if result is None or not result.locked_out or stopped.wait(PATIENCE.total_seconds()):
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


@schedule.command(short_help="Show the next runs and the last results.")
@options.archive
@options.json
def show(path: Path, as_json: bool) -> None:
    """Show for each site when its next crawl is due, and how its last crawl ended.

    A run that is overdue starts as soon as `warta schedule run` does. A crawl that has not ended is
    running, or was killed and that has not been noticed yet. Until a pause that a site requested is
    over, its crawls request nothing.
    """
    configuration = configured().configuration
    timetable = Timetable.of(configuration, list(sites()))
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
        for site in sites()
    ]
    if as_json:
        print_json(rows)
        return
    zone = ZoneInfo(configuration.schedule.timezone)
    rows = [
        dict(row, next_run=_shown(row, zone), started_at=plain_time(row["started_at"], zone))
        for row in rows
    ]
    print_table(rows, _COLUMNS)
    note(f"Times are in {configuration.schedule.timezone}.")


def _from_archive(path: Path, now: datetime) -> tuple[dict[str, LastCrawl], dict[str, datetime]]:
    """Return the last crawls, and the ends (UTC) of the pauses that sites requested, by site.

    Both are empty where there is no archive yet.
    """
    if not path.exists():
        return {}, {}
    with opened(path) as archive:
        requested = filter(None, map(archive.backoffs.of, sites()))
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


def _shown(row: dict[str, Any], zone: ZoneInfo) -> str:
    run: str = "now" if row["due"] else row["next_run"] or "switched off"
    if row["quiet_until"] is None:
        return run
    day, _, time = plain_time(row["quiet_until"], zone).partition("T")
    until = time[:8] if run.startswith(day) else f"{day}T{time}"
    return f"{run} (paused until {until})"


schedule.add_command(systemd)
schedule.add_command(cron)
