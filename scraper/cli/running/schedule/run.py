"""`warta schedule run`: the long-running process."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from archive.archive import Archive
from scraper.cli.defaults import config_option, configured
from scraper.cli.options import archive_option
from scraper.configuration import Configuration
from scraper.crawling.process import crawl_settings
from scraper.monitoring.lookout import hooks_of
from scraper.politeness.locks import schedule_lock
from scraper.schedule.daemon import Daemon, json_log, logger, stop_signal
from scraper.schedule.processes import CrawlProcesses, Order
from scraper.schedule.schedule import Schedule
from scraper.schedule.timetable import Timetable
from scraper.sites.loader import sites


def _now() -> datetime:
    return datetime.now(UTC)


@click.command(short_help="Crawl each site in its rhythm, until told to stop.")
@click.option(
    "--metrics-port",
    type=click.IntRange(1, 65535),
    help="Serve metrics for Prometheus on this port, on loopback.",
)
@click.option(
    "-s",
    "--set",
    "overrides",
    multiple=True,
    metavar="NAME=VALUE",
    help="A Scrapy setting for every crawl.",
)
@archive_option
@config_option
@click.pass_context
def run(
    context: click.Context, metrics_port: int | None, overrides: tuple[str, ...], path: Path
) -> None:
    """Crawl each site in its own rhythm, each crawl in its own process, until SIGTERM or Ctrl-C.

    Runs that were missed while nothing ran are made up for by one crawl. The log goes to stderr,
    one JSON object a line, one line a crawl. One schedule an archive; crawls by hand may go on
    beside it.

    Each crawl reads the configuration as it begins; rhythms, alerts and metrics stay what they were
    until the schedule is started anew.
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
    crawl_settings(archive, overrides)  # one clear line for a bad setting
    Archive(archive).close()  # one clear line for a bad path
    context.call_on_close(schedule_lock(archive).close)
    order = Order.of(known, archive, settings=overrides)
    _run(configuration, timetable, order)


def _run(configuration: Configuration, timetable: Timetable, order: Order) -> None:
    keys = configuration.schedule
    processes = CrawlProcesses(_now, longest=keys.longest * 60, grace=keys.grace)
    schedule = Schedule(order.archive, timetable, processes.run, order=order)
    schedule.hooks = hooks_of(
        configuration, order.archive, timetable, _now, under_way=lambda: schedule.under_way
    )
    with json_log(), stop_signal() as wait:
        logger.info(
            "started",
            extra={
                "archive": str(order.archive),
                "sites": sorted(timetable.rhythms),
                "pid": os.getpid(),
            },
        )
        daemon = Daemon(schedule, processes, _now, check_every=keys.check_every)
        hooks_ended = daemon.run(wait)
        logger.info("stopped")
        if (
            not hooks_ended
        ):  # a hook waits for a server that does not answer, and would keep us here as long
            sys.stderr.flush()
            os._exit(0)
