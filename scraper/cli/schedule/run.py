"""`warta schedule run`: the long-running process that crawls each site on its schedule."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from archive.archive import Archive
from scraper.cli import options
from scraper.cli.defaults import configured
from scraper.configuration import Configuration
from scraper.monitoring.lookout import hooks_of
from scraper.politeness.locks import schedule_lock
from scraper.schedule.daemon import Daemon, json_log, logger, stop_signal
from scraper.schedule.processes import CrawlProcesses, Order
from scraper.schedule.schedule import Schedule
from scraper.schedule.timetable import Timetable
from scraper.spiders import publishers


def _now() -> datetime:
    return datetime.now(UTC)


@click.command()
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
    timetable = Timetable.of(configuration)
    if not timetable.rhythms:
        raise click.UsageError("every site is switched off in the configuration")
    archive = path.absolute()
    Archive(archive).close()  # a bad path is one clear line
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
        for profile in publishers().broken:
            logger.warning("profile broken", extra={"file": profile.origin, "why": profile.why})
        ended = Daemon(crawls, processes, _now, check_every=keys.check_every).run(wait)
        logger.info("stopped")
        if not ended:  # a hook waits for a server that does not answer: do not wait with it
            sys.stderr.flush()
            click.get_current_context().close()  # releases the lock
            os._exit(0)
